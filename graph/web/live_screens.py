# SPDX-License-Identifier: GPL-3.0-or-later
"""The live screens of programs, campaigns and sessions: what others look at while people edit.

A screen is rendered with the API's answer and then follows the activity from the answer's cursor on. It shows what
everybody may see who may see the thing at all, whoever opened it. Its address says how it looks; see docs/screens.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from markupsafe import Markup
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from graph.resolvers.identity import Actor
from graph.web.asking import Asking
from graph.web.graphql_request import Executor, Identify
from graph.web.languages import texts_of
from graph.web.live_options import Options
from graph.web.qr_codes import qr_code
from graph.web.rendering import missing, page, trouble
from graph.web.texts import Texts

_DOCUMENTS: Final = Path(__file__).with_name("documents") / "live"
KINDS: Final = ("program", "campaign", "session")
MINUTES: Final = 60
"""So many minutes the chart shows."""

# A screen keeps itself awake and may sound: what other pages of ours may not.
_PERMISSIONS: Final = "screen-wake-lock=(self), autoplay=(self), camera=(), microphone=(), geolocation=()"


def live_routes(
    executor: Executor, identify: Identify, *, clock: Callable[[], datetime] | None = None
) -> list[BaseRoute]:
    """Return the routes of the live screens; ``identify`` tells who looks, ``clock`` the time (UTC)."""
    screens = LiveScreens(executor, identify, clock or (lambda: datetime.now(UTC)))
    small = [Middleware(GZipMiddleware, minimum_size=1_000)]
    return [
        Route("/live/program/{slug}", screens.program, middleware=small),
        Route("/live/campaign/{slug}", screens.campaign, middleware=small),
        Route("/live/session/{slug}", screens.session, middleware=small),
    ]


def live_documents() -> dict[str, str]:
    """Return the operations of live screens, by name; what they are told has the same fields each time."""
    found = {path.stem: path.read_text("utf-8") for path in sorted(_DOCUMENTS.glob("*.graphql"))}
    fragments, lists, entries = (found.pop(name) for name in ("fragments", "lists", "entries"))
    for kind in KINDS:
        found[f"snapshot_{kind}"] += fragments + lists
        found[f"activity_{kind}"] += entries + fragments
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who opened a screen, what it is of, and how it is to look."""

    identity: object
    kind: str
    key: str
    options: Options
    speak: Texts


class LiveScreens:
    """What answers each address."""

    def __init__(self, executor: Executor, identify: Identify, clock: Callable[[], datetime]) -> None:
        self._asking = Asking(executor, live_documents())
        self._identify = identify
        self._clock = clock

    async def program(self, request: Request) -> Response:
        """Show a program's; one that is not there and one that the reader may not see look the same."""
        return await self._show(request, "program", request.path_params["slug"])

    async def campaign(self, request: Request) -> Response:
        """Show a campaign's, with its public programs."""
        return await self._show(request, "campaign", request.path_params["slug"])

    async def session(self, request: Request) -> Response:
        """Show a session's. Its slug is its program's: where several have such a one, ``?program=`` says which."""
        names = {"slug": request.path_params["slug"], "program": request.query_params.get("program")}
        data = await self._asking.ask(await self._looker(request), "session_called", names)
        if data is None:
            return trouble(texts_of(request))
        found = data.get("session")
        return missing(texts_of(request)) if found is None else await self._show(request, "session", found["id"])

    async def _looker(self, request: Request) -> object:
        identity = await self._identify(request.headers, None)
        return replace(identity, on_screen=True) if isinstance(identity, Actor) else identity

    async def _show(self, request: Request, kind: str, key: str) -> Response:
        options = Options.of(request.query_params, kind)
        seen = _Seen(await self._looker(request), kind, key, options, texts_of(request))
        shown = await self._snapshot(seen)
        if shown is None:
            return trouble(seen.speak)
        if not shown:
            return missing(seen.speak)
        response = page("live.html", speak=seen.speak, **await self._values(seen, shown))
        response.headers["permissions-policy"] = _PERMISSIONS
        return response

    async def _snapshot(self, seen: _Seen) -> dict[str, Any] | None:
        """What is shown first; nothing where it is not there, None where the service failed."""
        now = self._clock().replace(second=0, microsecond=0)
        variables = {
            "key": seen.key,
            "names": seen.options.names != "none",
            "from": (now - timedelta(minutes=MINUTES - 1)).isoformat(),
            "to": now.isoformat(),
        }
        data = await self._asking.ask(seen.identity, f"snapshot_{seen.kind}", variables)
        return None if data is None else cast("dict[str, Any]", data.get("shown") or {})

    async def _values(self, seen: _Seen, shown: Mapping[str, Any]) -> dict[str, Any]:
        host = await self._host(seen, shown)
        invitation = host.get("invitationUrl") if seen.options.invites else None
        leads_to = invitation or _page_of(shown)
        return {
            "kind": seen.kind,
            "shown": shown,
            "about": _about(seen.kind, shown),
            "options": seen.options,
            "counters": [(name, _number(shown["metrics"], name, seen.speak)) for name in seen.options.metrics],
            "goals": [_goal(goal) for goal in shown.get("goals", ())],
            "code": Markup(qr_code(leads_to)),
            "leads_to": leads_to.partition("://")[2].partition("/"),
            "invites": invitation is not None,
            "following": self._following(seen, shown, host),
        }

    async def _host(self, seen: _Seen, shown: Mapping[str, Any]) -> Mapping[str, Any]:
        """What somebody who runs the program may do from here; nothing for everybody else."""
        slug = shown["key"] if seen.kind == "program" else shown.get("program", {}).get("slug")
        if slug is None or not (isinstance(seen.identity, Actor) and seen.identity.signed_in):
            return {}
        data = await self._asking.ask(seen.identity, "host", {"slug": slug}) or {}
        return data.get("program") or {}

    def _following(self, seen: _Seen, shown: Mapping[str, Any], host: Mapping[str, Any]) -> dict[str, Any]:
        """What the screen's scripts start from."""
        options, documents = seen.options, self._asking.documents
        kept = {"snapshot": f"snapshot_{seen.kind}", "activity": f"activity_{seen.kind}", "service": "service"}
        runs = host.get("viewerCan", {}).get("edit", False)
        return {
            "kind": seen.kind,
            "key": seen.key,
            "language": seen.speak.language,
            "latin": seen.speak.number(1) == "1",
            "texts": seen.speak.bundle("live-"),
            "documents": {name: documents[document] for name, document in kept.items()},
            "hiding": {"document": documents["hide_card"], "program": host["id"]} if runs else None,
            "shown": shown,
            **options.for_scripts(),
            "moderating": options.moderating and runs,
        }


def _page_of(shown: Mapping[str, Any]) -> str:
    """The short address of the page of what is shown; of its program, for a session."""
    return str(shown.get("shortUrl") or shown["program"]["shortUrl"])


def _about(kind: str, shown: Mapping[str, Any]) -> str:
    """The line below the title."""
    if kind == "campaign":
        return str((shown.get("organization") or {}).get("name") or "")
    return str(shown["about"] if kind == "program" else shown["program"]["title"])


def _number(metrics: Mapping[str, Any], name: str, speak: Texts) -> str:
    value = metrics[name]
    return "–" if value is None else speak.number(int(value))


def _goal(goal: Mapping[str, Any]) -> dict[str, Any]:
    share = min(1.0, int(goal["actual"]) / max(1, int(goal["target"])))
    return {**goal, "share": share, "reached": goal["reachedAt"] is not None}
