# SPDX-License-Identifier: GPL-3.0-or-later
"""A long list from a service of the community's, read as it comes: slow, large and untrue answers included."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Final, TypeVar

import httpx
import msgspec

from graph.wikimedia.scopes.json_list import JsonList, MalformedList
from graph.wikimedia.scopes.reading import Reason, Unresolved

PATIENCE: Final = 1830.0  # seconds of waiting for a whole answer; PetScan gives itself half an hour
CONNECT: Final = 10.0  # seconds
LARGEST: Final = 2**30  # bytes of an answer; a million of PetScan's pages are a fifth of that
_LARGEST_ERROR: Final = 2**16
_PART: Final = 2**16  # bytes; what was compressed can be large when it comes

_T = TypeVar("_T")


class Service:
    """One service at one address, which is never a user's. ``name`` is for messages; ``timer`` counts seconds.

    No redirect is followed. ``patience`` is for all waiting of one answer, not for what is done with it in between.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        address: str,
        user_agent: str,
        *,
        name: str,
        patience: float = PATIENCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._client = client
        self._address = address
        self._headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._patience = patience
        self._timer = timer

    async def listed(
        self, parameters: Mapping[str, str], member: str
    ) -> AsyncGenerator[tuple[JsonList, list[bytes]], None]:
        """The items of the answer's list ``member``, as they come, each time with what else is known by then.

        What comes with another status is read for an ``error`` only. Raises Unresolved DOWN, SLOW, FORM, TOO_MANY.
        """
        timeout = httpx.Timeout(self._patience, connect=CONNECT)
        request = self._client.build_request(
            "GET", self._address, params=dict(parameters), headers=self._headers, timeout=timeout
        )
        wait = _Wait(self, self._patience, self._timer)
        answer = await wait.until(self._client.send(request, stream=True, follow_redirects=False))
        try:
            chunks = answer.aiter_bytes()
            if answer.status_code != httpx.codes.OK:
                yield await self._error(answer.status_code, chunks, wait, member), []
                return
            reader, size = JsonList(member), 0
            while chunk := await wait.until(anext(chunks, b"")):
                size += len(chunk)
                if size > LARGEST:
                    raise Unresolved(Reason.TOO_MANY, f"{self.name} answered more than {LARGEST >> 20} MB.")
                for start in range(0, len(chunk), _PART):
                    items = self._fed(reader, chunk[start : start + _PART])
                    if items or reader.ended:
                        yield reader, items
            self._closed(reader)
        finally:
            await answer.aclose()

    async def _error(self, status: int, chunks: AsyncIterator[bytes], wait: _Wait, member: str) -> JsonList:
        body = b""
        while len(body) < _LARGEST_ERROR and (chunk := await wait.until(anext(chunks, b""))):
            body += chunk
        try:
            told = msgspec.json.decode(body, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            told = {}
        if not isinstance(told.get("error"), str):
            raise Unresolved(Reason.DOWN, f"{self.name} cannot be asked now: it answered {status}.")
        reader = JsonList(member)
        reader.members = told
        return reader

    def _fed(self, reader: JsonList, chunk: bytes) -> list[bytes]:
        try:
            return reader.feed(chunk)
        except MalformedList as malformed:
            raise self.unreadable(str(malformed)) from None

    def _closed(self, reader: JsonList) -> None:
        try:
            reader.close()
        except MalformedList as malformed:
            raise self.unreadable(str(malformed)) from None

    def unreadable(self, why: str) -> Unresolved:
        """The refusal of an answer in another form than the service's."""
        return Unresolved(Reason.FORM, f"{self.name} did not answer as it should: {why}.")


class _Wait:
    """The patience that is left for one answer."""

    def __init__(self, service: Service, seconds: float, timer: Callable[[], float]) -> None:
        self._name = service.name
        self._given = seconds
        self._left = seconds
        self._timer = timer

    async def until(self, coming: Awaitable[_T]) -> _T:
        """What comes, as long as there is patience."""
        begun = self._timer()
        try:
            if self._left <= 0:  # what is there at once would be taken even so
                raise TimeoutError
            async with asyncio.timeout(self._left):
                return await coming
        except httpx.ConnectTimeout as error:
            raise Unresolved(Reason.DOWN, f"{self._name} cannot be reached.") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            given = f"{self._given / 60:.0f} minutes" if self._given >= 120 else f"{self._given:g} seconds"
            raise Unresolved(Reason.SLOW, f"{self._name} took longer than {given}.") from error
        except (httpx.HTTPError, OSError) as error:
            why = type(error).__name__
            raise Unresolved(Reason.DOWN, f"{self._name} cannot be reached, or broke off ({why}).") from error
        finally:
            self._left -= self._timer() - begun
