# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads a page, in which language, and what stands around every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from graph.web.graphql_request import Identify
from graph.web.languages import choices, texts_of
from graph.web.rendering import page
from graph.web.sign_in import Corner
from graph.web.texts import Texts

ShowCorner = Callable[[Mapping[str, str], Any], Corner]

# Nobody who reads without an account sees anything of their own: their answer is anybody's, for some seconds.
_ANYBODYS: Final = {"cache-control": "public, max-age=10", "vary": "Cookie, Accept-Language"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and in which language."""

    request: Request
    identity: Any
    speak: Texts
    corner: Corner | None

    @classmethod
    async def of(cls, request: Request, identify: Identify, corner: ShowCorner | None) -> Reader:
        """Whoever sent this request. Raises UserFault for a token that does not hold."""
        identity = await identify(request.headers, None)
        return cls(request, identity, texts_of(request), corner and corner(request.headers, identity))

    def page(
        self, name: str, status: int = 200, /, *, kept: bool = True, back: str | None = None, **values: Any
    ) -> Response:
        """A page for this reader, with what stands around every page; not ``kept``: nobody may keep it.

        A change of language comes back to ``back``, or to this page.
        """
        anybody = kept and "cookie" not in self.request.headers and "authorization" not in self.request.headers
        return page(
            name,
            status,
            speak=self.speak,
            kept=_ANYBODYS if anybody and status == 200 else {},
            corner=self.corner,
            menu=choices(self.request, back),
            here=self.here,
            **values,
        )

    @property
    def here(self) -> str:
        """The path of this page, as an address writes it."""
        return quote(self.request.url.path, safe="/")
