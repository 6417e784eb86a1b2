# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers on the pages of others: a frame, an element for their own pages, an image, a badge, and oEmbed.

What is shown is public, whoever asks: no cookie is read or set. What is not public and what is not there look the
same. Only frames may be framed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from graph.web import cards
from graph.web.asking import DOCUMENTS, Asking
from graph.web.caching import kept, lifetime
from graph.web.codes import Codes
from graph.web.graphql_request import Executor
from graph.web.graphql_streams import POLL_SECONDS
from graph.web.languages import choices, language_of, texts_of
from graph.web.oembed import Refusal, Wish, described
from graph.web.painting import Painter, PaintingFailed
from graph.web.rendering import POLICY, missing, page, rendered, trouble
from graph.web.shown import KINDS, MOST, NAMES, USUAL, Showing, Shown, Trouble, as_of, chosen, written
from graph.web.texts import LANGUAGES, Texts, texts

log = logging.getLogger(__name__)

STATIC: Final = Path(__file__).with_name("static")
SCRIPT: Final = "/embed/programs-graph-stats.js"
"""The address of the script that defines the element."""

FRAME_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors *; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""A frame may stand on any page: it shows public numbers and can do nothing else."""
_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
_SAFE: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN: Final = {
    **_SAFE,
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": _NOTHING,
}
_FRESH: Final = {**lifetime(15), "vary": "Accept-Language"}
_IMAGE_SECONDS: Final = 300
_SCRIPT_SECONDS: Final = 3_600
_BADGE_COLOUR: Final = "36c"

Make = Callable[[Request, Shown, "Options"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Options:
    """What an address asks for: ``lang``, ``theme`` and ``metrics``."""

    speak: Texts
    theme: str
    names: tuple[str, ...]

    @staticmethod
    def of(request: Request) -> Options:
        """Read them; what is no choice is what there is without one."""
        given = request.query_params
        theme = given.get("theme", "")
        return Options(
            texts(language_of(request, remembered=False)),
            theme if theme in cards.THEMES else cards.THEMES[0],
            chosen(",".join(given.getlist("metrics"))),
        )

    def address(self, shown: Shown, form: str, ending: str = "") -> str:
        """The address, from the slash on, that asks for exactly this."""
        return shown.at(form, ending, lang=self.speak.language, theme=self.theme, metrics=",".join(self.names))


def embed_routes(executor: Executor, public_url: str) -> list[BaseRoute]:
    """Return the routes of embeds, cards and badges; ``public_url`` is where others find the service."""
    embeds = Embeds(Asking(executor, embed_documents()), public_url)
    return [
        Route(SCRIPT, embeds.script),
        Route("/embed/{kind}/{slug}.json", partial(embeds.answer, embeds.numbers, _absent)),
        Route("/embed/{kind}/{slug}", partial(embeds.answer, embeds.frame, _absent_frame)),
        Route("/card/{kind}/{slug}.svg", partial(embeds.answer, embeds.card, _absent)),
        Route("/card/{kind}/{slug}.png", partial(embeds.answer, embeds.picture, _absent)),
        Route("/badge/{kind}/{slug}.json", partial(embeds.answer, embeds.badge, _absent)),
        Route("/oembed", embeds.oembed),
        *(Route(f"/{KINDS[kind]}/{{slug}}/embed", partial(embeds.page, kind)) for kind in KINDS),
    ]


def embed_documents() -> dict[str, str]:
    """The operations of embeds, by name."""
    return {path.stem: path.read_text("utf-8") for path in DOCUMENTS.glob("embed_*.graphql")}


class Embeds:
    """What answers each address."""

    def __init__(self, asking: Asking, public_url: str) -> None:
        self._showing = Showing(asking)
        self._public_url = public_url
        self._painter = Painter()
        self._script = element_script()

    async def answer(self, make: Make, absent: Callable[[int, Texts], Response], request: Request) -> Response:
        """Read what an address names and let ``make`` answer with it."""
        options = Options.of(request)
        try:
            shown = await self._showing.read(request.path_params["kind"], request.path_params["slug"])
        except Trouble:
            return absent(503, options.speak)
        return absent(404, options.speak) if shown is None else await make(request, shown, options)

    async def page(self, kind: str, request: Request) -> Response:
        """Show every form of it with its code to copy: a page of our own, which frames only ours."""
        speak = texts_of(request)
        try:
            shown = await self._showing.read(kind, request.path_params["slug"])
        except Trouble:
            return trouble(speak)
        if shown is None:
            return missing(speak)
        options = Options.of(request)
        return page(
            "embedding.html",
            speak=speak,
            kept={"content-security-policy": f"{POLICY}; frame-src 'self'"},
            menu=choices(request),
            shown=shown,
            heading=speak.say("embed-heading", Markup("<bdi>{}</bdi>").format(shown.title)),
            codes=Codes(shown, speak, options.theme, options.names, self._public_url, SCRIPT),
            numbers=NAMES,
            most=MOST,
            themes=cards.THEMES,
            weight=-(-len(self._script) // 1000),
        )

    async def script(self, request: Request) -> Response:
        """The script that defines the element, whole in one file."""
        return kept(request, self._script, "text/javascript", {**_OPEN, **lifetime(_SCRIPT_SECONDS)})

    async def frame(self, request: Request, shown: Shown, options: Options) -> Response:
        """The page for frames: whole without JavaScript, live with it."""
        html = rendered(
            "embed.html",
            speak=options.speak,
            shown=shown,
            theme=options.theme,
            address=options.address(shown, "embed", ".json"),
            script=SCRIPT,
            source=f"{self._public_url}{shown.path}",
            home=f"{self._public_url}/",
            figures=[
                (name, options.speak.say(NAMES[name]), written(shown, name, options.speak)) for name in options.names
            ],
            moment=as_of(shown, options.speak),
        )
        return kept(request, html, "text/html", {**_SAFE, **_FRESH, "content-security-policy": FRAME_POLICY})

    async def numbers(self, request: Request, shown: Shown, options: Options) -> Response:
        """What the element draws, and where it follows it."""
        speak = options.speak
        told = {
            "kind": shown.kind,
            "slug": shown.slug,
            "title": shown.title,
            "url": f"{self._public_url}{shown.path}",
            "source": f"{self._public_url}/",
            "language": speak.language,
            "tag": speak.tag,
            "direction": speak.direction,
            "theme": options.theme,
            "numbers": [
                {
                    "name": name,
                    "label": speak.say(NAMES[name]),
                    "value": shown.numbers[name],
                    "text": written(shown, name, speak),
                }
                for name in options.names
            ],
            "asOf": _instant(shown),
            "version": shown.version,
            "texts": {
                "asOf": speak.say("page-as-of", "$1"),
                "live": speak.say("page-live"),
                "lost": speak.say("page-reconnecting"),
                "gone": speak.say("page-missing-heading"),
            },
            "stream": self._showing.stream(shown),
            "pollSeconds": POLL_SECONDS,
        }
        return kept(request, _json(told), "application/json", {**_OPEN, **_FRESH})

    async def card(self, request: Request, shown: Shown, options: Options) -> Response:
        """The image, as of when it is loaded."""
        svg = cards.card(shown, options.names, options.speak, options.theme)
        return kept(request, svg, "image/svg+xml", {**_OPEN, **_FRESH, "content-security-policy": cards.POLICY})

    async def picture(self, request: Request, shown: Shown, options: Options) -> Response:
        """The picture that links to a page are shown with, in the language of the address only: caches share it."""
        speak = _named(request)
        name = f"{shown.kind} {shown.slug} {speak.language}"
        try:
            image = await self._painter.paint(name, cards.picture(shown, USUAL, speak))
        except PaintingFailed as error:
            log.warning("a picture could not be painted: %s", error)
            return _absent(503, options.speak)
        return kept(request, image, "image/png", {**_OPEN, **lifetime(_IMAGE_SECONDS)})

    async def badge(self, request: Request, shown: Shown, _options: Options) -> Response:
        """The answer to a shields.io endpoint: one number, and its day."""
        speak = _named(request)
        name = chosen(request.query_params.get("metric"))[0]
        told = {
            "schemaVersion": 1,
            "label": speak.say(NAMES[name]),
            "message": f"{written(shown, name, speak)} ({speak.date(shown.as_of)})",
            "color": _BADGE_COLOUR,
            "cacheSeconds": _IMAGE_SECONDS,
        }
        return kept(request, _json(told), "application/json", {**_OPEN, **lifetime(_IMAGE_SECONDS)})

    async def oembed(self, request: Request) -> Response:
        """Describe the frame of a page to software that was given the page's address (oembed.com, JSON only)."""
        try:
            wish = Wish.of(request.query_params, self._public_url)
            shown = await self._showing.read(wish.kind, wish.slug)
        except Refusal as refusal:
            return _said(refusal.status, str(refusal))
        except Trouble:
            return _absent(503, texts("en"))
        if shown is None:
            return _absent(404, texts("en"))
        told = described(shown, wish, self._public_url)
        return kept(request, _json(told), "application/json", {**_OPEN, **lifetime(_IMAGE_SECONDS)})


def element_script() -> bytes:
    """The script of the element with the styles of its shadow in it."""
    styles = json.dumps((STATIC / "embed.css").read_text("utf-8"))
    return (STATIC / "programs-graph-stats.js").read_text("utf-8").replace('"STYLE_SHEET"', styles).encode()


def _named(request: Request) -> Texts:
    """The language of the address, else English: what others keep for everybody depends on nobody's browser."""
    named = request.query_params.get("lang", "")
    return texts(named if named in LANGUAGES else LANGUAGES[0])


def _absent(status: int, _speak: Texts) -> Response:
    return _said(status, "There is nothing here." if status == 404 else "The numbers cannot be read at the moment.")


def _absent_frame(status: int, speak: Texts) -> Response:
    """What a frame shows where there is nothing to show."""
    key = "page-missing" if status == 404 else "page-trouble"
    html = rendered("embed-missing.html", speak=speak, heading=speak.say(f"{key}-heading"))
    headers = {**_SAFE, "content-security-policy": FRAME_POLICY, "cache-control": "no-store", "vary": "Accept-Language"}
    return Response(html, status, headers, "text/html")


def _said(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status, {**_OPEN, "cache-control": "no-store"})


def _instant(shown: Shown) -> str:
    return shown.as_of.isoformat().replace("+00:00", "Z")


def _json(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
