# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the wikis' Action API, asked as its etiquette wants it.

A few at a time in the whole process, never when the wiki's databases are behind (``maxlag``), waiting as long as it is
told to, and giving up after some tries: whoever asks can come back later.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, Generic, TypeVar

import httpx
import msgspec

from graph.bounds import Instant
from graph.errors import UpstreamError
from graph.programs import Wiki

IN_FLIGHT: Final = 3  # requests at once, in the whole process
MAXLAG: Final = 5  # seconds the wiki's databases may be behind
TIMEOUT: Final = 30.0  # seconds without a byte
DEADLINE: Final = 120.0  # seconds for a whole answer
LARGEST: Final = 32 * 2**20  # bytes of an answer; the wikis' own limit is a quarter of that
TRIES: Final = 6
FIRST_WAIT: Final = 1.0  # seconds before the second try where nothing else is said; doubled each time
LONGEST_WAIT: Final = 60.0  # seconds; whoever is told to wait longer gives up at once

_BUSY_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})
_BUSY_CODES: Final = frozenset({"maxlag", "ratelimited", "readonly"})
_FIXED: Final = {"action": "query", "format": "json", "formatversion": "2", "curtimestamp": "1"}

_T = TypeVar("_T")


class Refused(UpstreamError):
    """The API answered that it does not accept the question; ``code`` is its own."""

    def __init__(self, code: str, info: str) -> None:
        self.code = code
        super().__init__(f"the wikis refused the question: {code} {info}".strip())


@dataclass(frozen=True, slots=True)
class Answer(Generic[_T]):
    """What was answered.

    ``query`` is the answer's part of that name, ``further`` the parameters that continue it (empty: it is complete).
    ``asked_at`` is when the question was asked by the wiki's own clock, never later: what it told was true then, or as
    long before as the databases were behind.
    """

    query: _T
    further: Mapping[str, str]
    asked_at: datetime


class _Error(msgspec.Struct):
    code: str = ""
    info: str = ""


class _Body(msgspec.Struct, rename={"further": "continue"}):
    error: _Error | None = None
    query: msgspec.Raw = msgspec.Raw(b"{}")
    further: dict[str, str | int] = {}
    curtimestamp: Instant | None = None


class _Busy(Exception):
    """To be tried again; ``wait`` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.reason = reason
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: httpx.Headers
    body: bytes


class ActionApi:
    """Asks ``action=query``.

    ``api`` is an address with ``{domain}`` or ``{dbname}`` in it. ``slots`` bounds the requests in flight and is
    shared by all that ask the wikis. ``timer`` counts seconds; ``chance`` draws from 0 to 1.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        api: str,
        user_agent: str,
        slots: asyncio.Semaphore,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timer: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._api = api
        self._headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._slots = slots
        self._sleep = sleep
        self._timer = timer
        self._chance = chance

    async def ask(
        self, wiki: Wiki, decoder: msgspec.json.Decoder[_T], parameters: Mapping[str, str], *, post: bool = False
    ) -> Answer[_T]:
        """Ask one question; ``post`` for one that may be too long for an address.

        Raises Refused where the wiki does not accept it, and UpstreamError, with the last reason, where it cannot be
        asked after several tries.
        """
        form = {**_FIXED, "maxlag": str(MAXLAG), **parameters}
        attempt = 1
        while True:
            try:
                return await self._once(wiki, decoder, form, post=post)
            except _Busy as busy:
                wait = self._wait(attempt, busy.wait)
                if wait > LONGEST_WAIT or attempt == TRIES:
                    raise UpstreamError(f"{wiki.domain} cannot be asked now: {busy.reason}") from busy.__cause__
            await self._sleep(wait)
            attempt += 1

    def _wait(self, attempt: int, asked: float | None) -> float:
        # Never all at the same moment: those who were told the same wait would come back together.
        if asked is not None:
            return asked + self._chance() * min(asked / 10, 1.0)
        return min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT) * (0.5 + self._chance() / 2)

    async def _once(
        self, wiki: Wiki, decoder: msgspec.json.Decoder[_T], form: Mapping[str, str], *, post: bool
    ) -> Answer[_T]:
        async with self._slots:
            begun = self._timer()
            reply = await self._send(wiki, form, post=post)
            elapsed = timedelta(seconds=self._timer() - begun)
        body = _body(wiki, reply)
        if body.error is not None:
            _refuse(body.error, reply)
        if body.curtimestamp is None:
            raise UpstreamError(f"{wiki.domain} does not tell its time")
        try:
            query = decoder.decode(body.query)
        except (msgspec.ValidationError, UnicodeDecodeError) as error:
            raise UpstreamError(f"{wiki.domain} answered in an unknown form: {error}") from None
        further = {name: str(value) for name, value in body.further.items()}
        return Answer(query, further, body.curtimestamp.astimezone(UTC) - elapsed)

    async def _send(self, wiki: Wiki, form: Mapping[str, str], *, post: bool) -> _Reply:
        place = self._api.replace("{domain}", wiki.domain).replace("{dbname}", wiki.dbname)
        try:
            # Without the promise a POST is carried to the primary datacenter, however far that is.
            headers = self._headers | ({"Promise-Non-Write-API-Action": "true"} if post else {})
            request = self._client.build_request(
                "POST" if post else "GET",
                place,
                params=None if post else form,
                data=form if post else None,
                headers=headers,
                timeout=TIMEOUT,
            )
            async with asyncio.timeout(DEADLINE):
                return await self._receive(request)
        except httpx.InvalidURL as error:
            raise UpstreamError(f"{place} is no address: {error}") from error
        except (httpx.HTTPError, OSError) as error:
            raise _Busy(f"{type(error).__name__} {error}".strip()) from error

    async def _receive(self, request: httpx.Request) -> _Reply:
        answer = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise _Busy("the answer is too large")
            return _Reply(answer.status_code, answer.headers, bytes(body))
        finally:
            await answer.aclose()


def _body(wiki: Wiki, reply: _Reply) -> _Body:
    if reply.status in _BUSY_STATUS:
        raise _Busy(f"HTTP {reply.status}", _retry_after(reply))
    if reply.status != httpx.codes.OK:
        raise UpstreamError(f"{wiki.domain} answered {reply.status} and not as an Action API does")
    try:
        return _decode_body(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A proxy's page, or an answer that was cut off.
        raise _Busy("the answer is not JSON of the Action API") from None


_decode_body: Final[Callable[[bytes], _Body]] = msgspec.json.Decoder(_Body).decode


def _refuse(error: _Error, reply: _Reply) -> None:
    if error.code in _BUSY_CODES or error.code.startswith("internal_api_error"):
        raise _Busy(error.code, _retry_after(reply))
    raise Refused(error.code[:100], error.info[:300])


def _retry_after(reply: _Reply) -> float | None:
    given: Any = reply.headers.get("Retry-After")
    if given is None:
        return None
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        return max((parsedate_to_datetime(given).astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, OverflowError):
        return None
