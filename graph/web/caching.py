# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that anybody may keep for a while, and need not be sent again while they are the same."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_STALE_SECONDS: Final = 60
"""So long what is kept may be shown while it is asked for again."""
_MOST_TAGS: Final = 20


def etag_of(content: bytes) -> str:
    """The strong entity tag of an answer that is made of this, and of nothing else."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def lifetime(seconds: int) -> dict[str, str]:
    """The header for what caches may show for ``seconds``, and a minute longer while they ask for it again."""
    return {"cache-control": f"public, max-age={seconds}, stale-while-revalidate={_STALE_SECONDS}"}


def unchanged(request: Request, etag: str, headers: Mapping[str, str]) -> Response | None:
    """304 where the client has this already; else None. ``headers`` are those that the answer itself would have."""
    given = request.headers.get("if-none-match", "")
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",", _MOST_TAGS)]
    return (
        Response(status_code=304, headers={**headers, "etag": etag}) if etag in tags or given.strip() == "*" else None
    )


def kept(request: Request, content: str | bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """``content`` with its entity tag, or 304."""
    body = content.encode() if isinstance(content, str) else content
    etag = etag_of(body)
    told = unchanged(request, etag, headers)
    return told or Response(body, headers={**headers, "etag": etag}, media_type=media_type)
