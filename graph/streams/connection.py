# SPDX-License-Identifier: GPL-3.0-or-later
"""One connection to the stream, and how long to wait before the next."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from graph.errors import UpstreamError

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 45.0  # page_change alone brings 18 events a second: such a silence is a dead connection

_EXCERPT_BYTES: Final = 300
_LONGEST_RETRY_AFTER: Final = 900.0


class StreamRefused(UpstreamError):
    """The server answered with something else than the stream.

    ``retry_after`` is the pause it asked for in seconds, or None.
    """

    def __init__(self, status: int, retry_after: float | None, message: str) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient, url: str, *, user_agent: str, last_event_id: str, now: datetime, read_seconds: float
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Connect and give the stream's bytes as they come; the connection is closed at the end of the block.

    Raises StreamRefused for any other answer than an event stream, httpx.HTTPError for trouble on the way, also while
    the bytes are read. Redirects are not followed: nobody but the configured host is trusted.
    """
    headers = {
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",
        "Cache-Control": "no-cache",
        "Last-Event-ID": last_event_id,
        "User-Agent": user_agent,
    }
    timeout = httpx.Timeout(CONNECT_SECONDS, read=read_seconds)
    request = client.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=False)
    async with request as response:
        if not _is_event_stream(response):
            raise await _refusal(response, url, now)
        yield response.aiter_raw()


def _is_event_stream(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = response.headers.get("content-encoding", "identity")
    return response.status_code == httpx.codes.OK and kind == "text/event-stream" and encoding == "identity"


async def _refusal(response: httpx.Response, url: str, now: datetime) -> StreamRefused:
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) >= _EXCERPT_BYTES:
            break
    excerpt = " ".join(body[:_EXCERPT_BYTES].decode(errors="replace").split())
    kind = response.headers.get("content-type", "no content type")
    answer = f"HTTP {response.status_code} {response.reason_phrase} ({kind})".replace("\0", "")
    retry_after = retry_after_seconds(response.headers.get("retry-after"), now)
    return StreamRefused(response.status_code, retry_after, f"{url} answered {answer}: {excerpt}")


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """The seconds a ``Retry-After`` header asks for (a number or a date), at most 15 minutes; None if unreadable."""
    value = (header or "").strip()
    seconds: float
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    return max(0.0, min(seconds, _LONGEST_RETRY_AFTER))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended: ``refused`` if it never began, else how long it lasted and whether it gave events."""

    refused: StreamRefused | None = None
    accepted: bool = False
    lasted: float = 0.0


@dataclass(slots=True)
class Pauses:
    """Seconds to wait before connecting again.

    After a connection that worked for a while: none, since the server cuts every one after 15 minutes. After
    failures: at random up to a bound that doubles to 30 s, so that many readers do not come back at once; only an
    accepted event ends the doubling. When told that there are too many connections or that the request itself is
    wrong: ``slow`` or longer, since hurry would make it worse. ``chance`` gives numbers in [0, 1).
    """

    chance: Callable[[], float]
    first: float = 0.5
    longest: float = 30.0
    slow: float = 30.0
    settled: float = 10.0
    _failures: int = 0

    def after(self, ending: Ending) -> float:
        """The pause after a connection that ended so."""
        if ending.accepted:
            self._failures = 0
            if ending.lasted >= self.settled:
                return 0.0
        refused = ending.refused
        if refused is not None and refused.status in range(300, 500):
            wanted = refused.retry_after if refused.status == httpx.codes.TOO_MANY_REQUESTS else None
            return (self.slow if wanted is None else wanted) * (1 + self.chance() / 4)
        bound = min(self.longest, self.first * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return max(self.chance() * bound, (refused.retry_after or 0.0) if refused else 0.0)
