# SPDX-License-Identifier: GPL-3.0-or-later
"""The client libraries that people use, each at work against a running service: they ask, follow, change, and see it.

Those of JavaScript are run by Node; `make test` installs them, and without Node their tests are skipped.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sseclient
from gql import Client, GraphQLRequest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

from tests.scenario.stage import EDITORS, ORGANIZER, Stage, set_up

HERE = Path(__file__).parent
TITLE = "Night at the Museum"
TOKEN = f"dev:{ORGANIZER}"
SECONDS = 60

QUERY = "query ($slug: String!) { program(slug: $slug) { title } }"
MUTATION = (
    "mutation ($input: AddEditorsInput!) { addEditors(input: $input) { added { username } userErrors { message } } }"
)
SUBSCRIPTION = "subscription ($slug: String!) { programMetrics(slug: $slug) { editors } }"
ADDED = {"added": [{"username": EDITORS[0]}], "userErrors": []}


@dataclass
class Service:
    """A running service with one program of nobody yet."""

    stage: Stage
    url: str
    program_id: str
    slug: str


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    async with set_up(database_url) as stage:
        program = (
            await stage.change(
                "createProgram",
                "CreateProgramInput",
                "program { id slug }",
                title=TITLE,
                institution="City Museum",
                trackingStart="2026-01-01T00:00:00Z",
                trackingEnd="2035-01-01T00:00:00Z",
                homeWiki="enwiki",
            )
        )["program"]
        yield Service(stage, f"{stage.address}/graphql", program["id"], program["slug"])


@pytest.fixture(scope="session")
def node() -> str:
    """Where Node is, with the libraries installed; without it the test is skipped."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no Node here: the client libraries of JavaScript need version 20 or newer")
    if not (HERE / "node_modules" / ".installed").exists():
        pytest.skip("the client libraries are not installed: tests/find-clients does it, as part of `make test`")
    return found


async def run(node: str, script: str, *arguments: str) -> Any:
    """What a script printed, as JSON; what went wrong in it, where it failed."""
    process = await asyncio.create_subprocess_exec(
        node, HERE / script, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(SECONDS):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    assert complaints == b""
    return json.loads(printed)


def test_the_lock_file_pins_contents_and_no_addresses() -> None:
    text = (HERE / "package-lock.json").read_text("utf-8")
    packages = [package for name, package in json.loads(text)["packages"].items() if name]
    assert [package for package in packages if not package["integrity"].startswith("sha512-")] == []
    assert "resolved" not in text
    assert "://" not in text


async def test_every_audit_of_graphql_over_http_is_passed_without_a_warning(node: str, service: Service) -> None:
    results = await run(node, "audit.mjs", service.url)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse", "urql", "apollo"])
async def test_a_client_of_javascript_queries_changes_and_follows(node: str, service: Service, client: str) -> None:
    told = await run(node, f"{client}.mjs", service.url, TOKEN, service.program_id, service.slug, EDITORS[0])
    assert told == {"title": TITLE, "added": [EDITORS[0]], "refused": [], "first": 0, "last": 1}


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_gql_of_python_queries_changes_and_follows(service: Service, transport: str) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    sockets = WebsocketsTransport(url=service.url.replace("http://", "ws://"), init_payload=bearer)
    async with Client(transport=sockets, fetch_schema_from_transport=True) as session:
        if transport == "http":
            async with Client(transport=AIOHTTPTransport(url=service.url, headers=bearer)) as plain:
                await work(service, plain, session)
        else:
            await work(service, session, session)


async def work(service: Service, asking: Any, following: Any) -> None:
    """The errand of the scripts: ask with one session, follow with the other."""
    slug = {"slug": service.slug}
    assert await asking.execute(given(QUERY, slug)) == {"program": {"title": TITLE}}
    async with asyncio.timeout(SECONDS), aclosing(following.subscribe(given(SUBSCRIPTION, slug))) as numbers:
        assert await anext(numbers) == {"programMetrics": {"editors": 0}}
        editors = {"programId": service.program_id, "usernames": [EDITORS[0]]}
        assert await asking.execute(given(MUTATION, {"input": editors})) == {"addEditors": ADDED}
        async for answer in numbers:
            if answer == {"programMetrics": {"editors": 1}}:
                break


def given(document: str, variables: dict[str, Any]) -> GraphQLRequest:
    return GraphQLRequest(document, variable_values=variables)


async def test_sseclient_of_python_follows_and_gets_answers_as_events(service: Service) -> None:
    loop, seen = asyncio.get_running_loop(), asyncio.Queue[Any]()

    def ask(document: str, variables: dict[str, Any]) -> None:
        with httpx.stream(
            "POST",
            service.url,
            json={"query": document, "variables": variables},
            headers={"accept": "text/event-stream", "authorization": f"Bearer {TOKEN}"},
            timeout=SECONDS,
        ) as response:
            for event in sseclient.SSEClient(response.iter_bytes()).events():  # type: ignore[arg-type]
                data = json.loads(event.data)["data"] if event.event == "next" else event.event
                loop.call_soon_threadsafe(seen.put_nowait, data)
                if data == {"programMetrics": {"editors": 1}}:
                    return

    async def answer(document: str, variables: dict[str, Any]) -> list[Any]:
        await asyncio.to_thread(ask, document, variables)
        return [seen.get_nowait() for _ in range(seen.qsize())]

    slug = {"slug": service.slug}
    editors = {"programId": service.program_id, "usernames": [EDITORS[0]]}
    assert await answer(QUERY, slug) == [{"program": {"title": TITLE}}, "complete"]
    following = asyncio.create_task(asyncio.to_thread(ask, SUBSCRIPTION, slug))
    assert await seen.get() == {"programMetrics": {"editors": 0}}
    await asyncio.to_thread(ask, MUTATION, {"input": editors})
    await following
    told = [seen.get_nowait() for _ in range(seen.qsize())]
    assert {"addEditors": ADDED} in told
    assert told.count("complete") == 1
    assert {"programMetrics": {"editors": 1}} in told
