# SPDX-License-Identifier: GPL-3.0-or-later
"""No log line holds what could let somebody in."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tests.web.signing import CLIENT_SECRET, LEAVING, SCREEN, SESSION, House, house
from tests.web.wire import wired

INVITATION = "aCodeThatInvites0123456789"
MUTATION = """mutation M($input: CreateAccessTokenInput!) {
  done: createAccessToken(input: $input) { secret accessToken { id } userErrors { code } } }"""


@asynccontextmanager
async def visitor() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of another make than the service's own client, so that what is logged is the service's."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def cookies(session: aiohttp.ClientSession) -> dict[str, str]:
    return {cookie.key: cookie.value for cookie in session.cookie_jar}


async def there_and_back(home: House, session: aiohttp.ClientSession) -> str:
    """Go to the log-in, from an invitation; the address that leads back."""
    async with session.get(f"{home.url}/sign-in?return=/join/{INVITATION}", allow_redirects=False) as there:
        location = there.headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    place = location.partition("?")[0]
    async with session.get(place, params=asked | {"username": "Ada"}, allow_redirects=False) as back:
        return str(back.headers["location"])


async def post(home: House, session: aiohttp.ClientSession, headers: dict[str, str], **variables: Any) -> Any:
    body = {"query": MUTATION, "variables": {"input": {"name": "app"}} | variables}
    async with session.post(f"{home.url}/graphql", json=body, headers=headers) as answer:
        return await answer.json()


async def live(home: House, session: aiohttp.ClientSession) -> list[str]:
    """Do everything that has to do with secrets, right and wrong; all of them."""
    secrets = [INVITATION, CLIENT_SECRET]
    back = await there_and_back(home, session)
    secrets += [values[0] for values in parse_qs(urlsplit(back).query).values()]
    secrets += cookies(session)[LEAVING].split(".")
    for _ in range(2):  # the second time nothing fits any more
        await (await session.get(back, allow_redirects=False)).release()
    secrets.append(cookies(session)[SESSION])
    own = {"origin": home.url}
    await (await session.get(f"{home.url}/join/{INVITATION}", headers=own)).release()
    token = (await post(home, session, own))["data"]["done"]["secret"]
    secrets.append(token)
    await post(home, session, {"authorization": f"Bearer {token}"})
    await post(home, session, {"authorization": f"Bearer {token}x"})
    await post(home, session, {"authorization": f"Bearer {token}"}, input=token)
    async with wired(home.socket_url) as wire:
        await wire.init({"Authorization": f"Bearer {token}"})
    async with wired(home.socket_url) as wire:
        await wire.send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}y"}})
        await wire.closed()
    await (await session.post(f"{home.url}/live/screen", data={"token": token}, headers=own)).release()
    return secrets


async def break_down(home: House, session: aiohttp.ClientSession) -> list[str]:
    """Let the log-in fail in every way, and the database, too."""
    secrets = []
    for fault in ({"oauth_status": 503}, {"oauth_garbage": True}, {"oauth_hidden": True}):
        back = await there_and_back(home, session)
        secrets += [values[0] for values in parse_qs(urlsplit(back).query).values()]
        secrets += cookies(session)[LEAVING].split(".")[1:2]
        home.faults.set(**fault)
        await (await session.get(back, allow_redirects=False)).release()
        home.faults.clear()
    wrong = (await there_and_back(home, session)).replace("code=", "code=ACodeOfNobody")
    secrets += [values[0] for values in parse_qs(urlsplit(wrong).query).values()]
    secrets += cookies(session)[LEAVING].split(".")[1:2]
    await (await session.get(wrong, allow_redirects=False)).release()
    back = await there_and_back(home, session)
    secrets += [values[0] for values in parse_qs(urlsplit(back).query).values()]
    await home.service.deps.pool.execute("ALTER TABLE sign_in ADD CONSTRAINT never CHECK (false) NOT VALID")
    await (await session.get(back, allow_redirects=False)).release()
    await post(home, session, {"origin": home.url})
    return secrets


async def test_no_secret_is_in_any_log_line(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for name in ("uvicorn", "uvicorn.access", "uvicorn.error", "httpx"):
        caplog.set_level(logging.INFO, name)
    access = logging.getLogger("uvicorn.access")
    async with house(database_url) as home, visitor() as session:
        # The stand-in's server has turned these lines off for the whole process: ours has to do it by itself.
        access.addHandler(caplog.handler)
        secrets = await live(home, session) + await break_down(home, session)
        kept = list(home.log_in._access) + list(home.log_in._refresh)
        secrets += [cookies(session).get(SCREEN, ""), *kept]
        secrets = [secret for secret in secrets if len(secret) >= 16]
        access.removeHandler(caplog.handler)
        lines = [logging.Formatter("%(name)s %(message)s").format(record) for record in caplog.records]
    assert len(secrets) > 20
    assert [line for line in lines for secret in secrets if secret in line] == []
    # The test would notice: something is logged, also of what went wrong.
    assert any("a sign-in was refused" in line for line in lines)
    assert any("a sign-in failed" in line for line in lines)
    assert not [line for line in lines if re.search(r"/sign-in/callback\?|/join/|uvicorn\.access", line)]
