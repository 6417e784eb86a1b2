# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to refuse: processor time of the web process for a request that asks too much.

A process serves GraphQL on a loopback socket, with the real schema and nothing behind it: what is refused is refused
before anybody is asked. Beside each figure stands what graphql-core alone takes to validate the same document, where
that ends at all.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from graphql import parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.measures import load, tell
from graph.schema.execution import Executor
from graph.schema.root import schema
from graph.web.graphql_routes import graphql_routes

TARGET_MS = 50.0
MEGABYTES = 18


def bomb(levels: int, spread: str, last: str) -> str:
    """Fragments of which each spreads the next twice: two to the power of ``levels`` when written out."""
    links = "".join(f"fragment F{n} on Query {{ {spread.replace('NEXT', f'...F{n + 1}')} }} " for n in range(levels))
    return f"{{ ...F0 }} {links} fragment F{levels} on Query {{ {last} }}"


DOCUMENTS = {
    "fragment bomb, 25 levels": bomb(25, "NEXT NEXT", "viewer { username }"),
    "fragment bomb, 25 levels, with aliases": bomb(
        25, 'a: program(slug: "a") { id } NEXT b: program(slug: "b") { id } NEXT', "viewer { username }"
    ),
    "fragment bomb, 60 levels": bomb(60, "NEXT NEXT", "viewer { username }"),
    "9,000 aliases": "{" + " ".join(f"a{n}: service {{ asOf }}" for n in range(9_000)) + "}",
    "one field 600 times": "{ service {" + " connected" * 600 + " } }",
    "900 directives": "{ service { connected" + " @a" * 900 + " } }",
    "50,000 brackets": "{" * 50_000,
}


async def _nobody(_headers: Mapping[str, str], _params: Mapping[str, Any] | None) -> object:
    return None


def _context(_identity: Any, *, last_event_id: str | None) -> object:
    raise AssertionError(f"nothing is executed, {last_event_id}")


async def _serve() -> None:
    executor = Executor(schema, _context)

    async def spent(_request: Request) -> JSONResponse:
        return JSONResponse(time.process_time())

    app = Starlette(routes=[*graphql_routes(executor, _nobody, closing=asyncio.Event()), Route("/spent", spent)])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(app, http="httptools", lifespan="off", log_level="error", access_log=False)
        await uvicorn.Server(config).serve(sockets=[listener])


@contextmanager
def _served() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.refusals", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _refused(client: httpx.Client, content: bytes | Iterator[bytes], status: int) -> float:
    """Milliseconds of the server's processor for one request, that of asking for them taken off."""
    before = client.get("/spent").json()
    between = client.get("/spent").json()
    response = client.post("/graphql", content=content, headers={"content-type": "application/json"})
    assert response.status_code == status, response.text[:200]
    assert "data" not in response.json()
    return 1_000 * max(0.0, client.get("/spent").json() - between - (between - before))


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


def _core_alone(text: str) -> str:
    """What parsing and validating take without our limits; no document here is let through."""
    if text.count("{") > 10_000 or "fragment F" in text or len(text) > 100_000:
        return "-"
    start = time.process_time()
    validate(schema._schema, parse(text))
    return f"graphql-core alone: {1_000 * (time.process_time() - start):,.0f} ms"


def measure(rounds: int) -> None:
    """Print the median of ``rounds`` for each bad request."""
    print(f"{load()}; milliseconds of processor time to refuse, the median of {rounds}; the target is {TARGET_MS:g}")
    body = b'{"query": "{ __typename }", "variables": {"x": "' + b"x" * (MEGABYTES * 1024 * 1024) + b'"}}'
    with _served() as address, httpx.Client(base_url=address, timeout=60) as client:
        for name, text in DOCUMENTS.items():
            given = httpx.Request("POST", "http://x", json={"query": text}).content
            times = [_refused(client, given, 400) for _ in range(rounds)]
            tell(name, f"{statistics.median(times):.1f} ms", _core_alone(text))
        for name, pieces in ((f"{MEGABYTES} MB, declared", False), (f"{MEGABYTES} MB, in pieces", True)):
            times = [_refused(client, _pieces(body) if pieces else body, 413) for _ in range(rounds)]
            tell(name, f"{statistics.median(times):.1f} ms")


def main() -> None:
    """Measure, or serve what is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="requests of each kind")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve())
    else:
        measure(given.rounds)


if __name__ == "__main__":
    main()
