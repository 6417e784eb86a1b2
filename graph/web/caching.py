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


def lifetime(seconds: int) -> dict[str, str]:
    """The header for what caches may show for ``seconds``, and a minute longer while they ask for it again."""
    return {"cache-control": f"public, max-age={seconds}, stale-while-revalidate={_STALE_SECONDS}"}


def kept(request: Request, content: str | bytes, media_type: str, headers: Mapping[str, str]) -> Response:
    """``content`` with its entity tag, or 304 where the client has it already."""
    body = content.encode() if isinstance(content, str) else content
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    told = {**headers, "etag": etag}
    given = request.headers.get("if-none-match", "")
    tags = [tag.strip().removeprefix("W/") for tag in given.split(",", _MOST_TAGS)]
    if etag in tags or given.strip() == "*":
        return Response(status_code=304, headers=told)
    return Response(body, headers=told, media_type=media_type)
