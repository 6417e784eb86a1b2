# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service says of itself: what it knows about people, and where the source of what runs is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.web.reading import Reader
from graph.web.rendering import SAFE
from graph.web.sign_in import SignIn

CLOUD: Final = ("toolforge.org", "wmcloud.org")
"""The domains of Wikimedia's own cloud."""
CLOUD_TERMS: Final = "https://wikitech.wikimedia.org/wiki/Wikitech:Cloud_Services_End_User_Terms_of_use"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the service: whom to reach (an e-mail address or a URL), where it is, where its source is."""

    contact: str | None
    public_url: str
    source_url: str

    @property
    def contact_link(self) -> Markup | None:
        """How to reach them, as a link where it can be one."""
        if self.contact is None:
            return None
        if urlsplit(self.contact).scheme in ("http", "https"):
            return Markup('<a href="{0}" rel="noreferrer"><bdi dir="ltr">{0}</bdi></a>').format(self.contact)
        if "@" in self.contact and " " not in self.contact:
            address = quote(self.contact, safe="@")
            return Markup('<a href="mailto:{}"><bdi dir="ltr">{}</bdi></a>').format(address, self.contact)
        return Markup("<bdi>{}</bdi>").format(self.contact)

    @property
    def terms(self) -> str | None:
        """The terms of whoever lends the machines; None where they are nobody's that we know."""
        host = urlsplit(self.public_url).hostname or ""
        return CLOUD_TERMS if any(host == domain or host.endswith(f".{domain}") for domain in CLOUD) else None


def about_routes(identify: SignIn, operator: Operator) -> list[BaseRoute]:
    """Return the routes of the privacy statement and of the source."""

    async def privacy(request: Request) -> Response:
        """Say what is known about people, who sees it, and how it goes away."""
        reader = await Reader.of(request, identify.reader, identify.corner)
        return reader.page("privacy.html", contact=operator.contact_link, terms=operator.terms)

    async def source(_request: Request) -> Response:
        """Lead to the source of what runs here."""
        return RedirectResponse(operator.source_url, 302, {**SAFE, "cache-control": "no-store"})

    return [Route("/privacy", privacy), Route("/source", source)]
