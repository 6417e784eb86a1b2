# SPDX-License-Identifier: GPL-3.0-or-later
"""Our cookies: what is in them is random, and what it means is in the database.

Under https their names begin with ``__Host-``: no other host, and nobody on the way, can set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from starlette.requests import cookie_parser
from starlette.responses import Response

_LONGEST_HEADER: Final = 16 * 1024
_LONGEST_VALUE: Final = 3_000


class Cookie(StrEnum):
    """What we ask browsers to keep; the value is the cookie's name."""

    SIGN_IN = "programs-graph"
    SCREEN = "programs-graph-screen"
    LEAVING = "programs-graph-leaving"


class Cookies:
    """Reads and sets them; ``secure`` under https."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def read(self, headers: Mapping[str, str], cookie: Cookie) -> str | None:
        """What a browser brought. A header beyond reason counts as none."""
        header = headers.get("cookie", "")
        if len(header) > _LONGEST_HEADER:
            return None
        value = cookie_parser(header).get(self._name(cookie))
        return value if value and len(value) <= _LONGEST_VALUE else None

    def give(self, response: Response, cookie: Cookie, value: str, seconds: int) -> None:
        """Ask the browser to keep it, for so many seconds."""
        response.set_cookie(
            self._name(cookie), value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax"
        )

    def take(self, response: Response, cookie: Cookie) -> None:
        """Ask the browser to forget it."""
        response.delete_cookie(self._name(cookie), path="/", secure=self._secure, httponly=True, samesite="lax")

    def _name(self, cookie: Cookie) -> str:
        return f"__Host-{cookie}" if self._secure else cookie.value
