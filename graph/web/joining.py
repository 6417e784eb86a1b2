# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages at which people say themselves what they take part in; they need no JavaScript.

``/join/{code}`` is where an invitation leads: it says what becomes public and asks, and only its form changes anything.
``/enrollments`` asks those whom others enrolled. The code of an invitation is a key: it is written into no log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from graph.errors import UserFault
from graph.programs import Program, ProgramStatus
from graph.resolvers import joining
from graph.resolvers.deps import Deps
from graph.resolvers.form import Refused
from graph.resolvers.identity import Actor
from graph.resolvers.joining import Invitation
from graph.web.asking import Fault
from graph.web.faults import said
from graph.web.languages import texts_of
from graph.web.links import outside
from graph.web.reading import Reader
from graph.web.rendering import SAFE, missing
from graph.web.same_origin import own_path
from graph.web.sign_in import SignIn

ENROLLMENTS: Final = "/enrollments"
_NO_STORE: Final = {**SAFE, "cache-control": "no-store"}
ACCOUNTS_A_DAY: Final = 6
"""So many new accounts the wikis accept from one network address a day."""
LIFTING: Final = "https://meta.wikimedia.org/wiki/Mass_account_creation"
"""Where organizers read how that limit is lifted for an event."""
_LONGEST_CODE: Final = 200
_OK, _CONFLICT = 200, 409

Change = Callable[[Deps, Actor, Mapping[str, Any]], Awaitable[Program]]


def joining_routes(deps: Deps, identify: SignIn) -> list[BaseRoute]:
    """Return the routes of joining and of answering for what others did."""
    pages = JoiningPages(deps, identify)
    return [
        Route("/join/{code}", pages.join, methods=["GET", "POST"]),
        Route(ENROLLMENTS, pages.enrollments, methods=["GET", "POST"]),
    ]


def answering_first(way: str) -> str:
    """The page that asks whom others enrolled, before they go on to this one."""
    return way if way.startswith(ENROLLMENTS) else _again(way)


class JoiningPages:
    """What answers each address."""

    def __init__(self, deps: Deps, identify: SignIn) -> None:
        self._deps = deps
        self._identify = identify

    async def join(self, request: Request) -> Response:
        """Show where an invitation leads, or take its answer."""
        code: str = request.path_params["code"]
        if len(code) > _LONGEST_CODE:
            return missing(texts_of(request))
        if request.method != "POST":
            return await self._ask(await self._reader(request), code)
        reader, fields = await self._sent(request)
        try:
            await self._answer(reader.identity, code, fields)
        except (UserFault, Refused) as fault:
            return await self._ask(reader, code, fault)
        return RedirectResponse(_address(code, request), 303, _NO_STORE)

    async def _ask(self, reader: Reader, code: str, fault: UserFault | Refused | None = None) -> Response:
        invitation = await joining.invitation(self._deps, reader.identity, code)
        if invitation is None:
            return missing(reader.speak)
        address = _address(code, reader.request)
        return reader.page(
            "join.html",
            _OK if fault is None else _CONFLICT,
            kept=False,
            address=address,
            sign_in=f"/sign-in?{urlencode({'return': address})}",
            program=invitation.program,
            wikis=invitation.wikis,
            sessions=invitation.sessions,
            chosen=reader.request.query_params.get("session"),
            shown=invitation.shown,
            state=_state(reader.identity, invitation),
            fault=_said(reader, fault),
            register=_registering(invitation.wikis),
            limit=ACCOUNTS_A_DAY,
            lift=LIFTING,
        )

    async def _answer(self, actor: Actor, code: str, fields: Mapping[str, str]) -> None:
        show_name = {"yes": True, "no": False}.get(fields.get("show_name", ""))
        if fields.get("do") == "join":
            given: dict[str, Any] = {"invitation": code, "showName": show_name}
            if session := _number(fields.get("session")):
                given["sessionId"] = session
            await joining.join_program(self._deps, actor, given)
            return
        invitation = await joining.invitation(self._deps, actor, code)
        if invitation is not None:
            await self._change(actor, invitation.program.id, fields)

    async def enrollments(self, request: Request) -> Response:
        """Show what others enrolled somebody in, or take the answer. ``?return=`` is where to go on to afterwards."""
        way = own_path(request.query_params.get("return")) or "/"
        if request.method != "POST":
            return await self._show(await self._reader(request), way)
        reader, fields = await self._sent(request)
        try:
            await self._change(reader.identity, _number(fields.get("program")) or 0, fields)
        except UserFault as fault:
            return await self._show(reader, way, fault)
        left = await joining.additions(self._deps, reader.identity)
        return RedirectResponse(_again(way) if left else way, 303, _NO_STORE)

    async def _show(self, reader: Reader, way: str, fault: UserFault | None = None) -> Response:
        address = _again(way)
        return reader.page(
            "enrollments.html",
            _OK if fault is None else _CONFLICT,
            kept=False,
            back=address,
            address=address,
            sign_in=f"/sign-in?{urlencode({'return': address})}",
            way=way,
            additions=await joining.additions(self._deps, reader.identity),
            fault=_said(reader, fault),
        )

    async def _reader(self, request: Request) -> Reader:
        return await Reader.of(request, self._identify.reader, self._identify.corner)

    async def _sent(self, request: Request) -> tuple[Reader, dict[str, str]]:
        """Who sent a form, and its fields."""
        actor, fields = await self._identify.form(request)
        return Reader(request, actor, texts_of(request), self._identify.corner(request.headers, actor)), fields

    async def _change(self, actor: Actor, program_id: int, fields: Mapping[str, str]) -> None:
        given: dict[str, Any] = {"programId": program_id}
        match fields.get("do"):
            case "agree":
                changed = joining.acknowledge
                given["showName"] = {"yes": True, "no": False}.get(fields.get("show_name", ""))
            case "leave":
                changed = joining.leave_program
                given["erase"] = fields.get("erase") == "yes"
            case _:
                raise HTTPException(400, "This form asks for nothing.")
        await changed(self._deps, actor, given)


def _state(actor: Actor, invitation: Invitation) -> str:
    """What the page is about: signing in, being in, joining, or why that is not possible."""
    if invitation.shown is not None:
        return "in"
    if invitation.status is ProgramStatus.ENDED:
        return "ended"
    if not invitation.program.registration_open:
        return "closed"
    return "ask" if actor.signed_in else "sign in"


def _said(reader: Reader, fault: UserFault | Refused | None) -> str:
    """A fault in the reader's language; empty for none."""
    faults = fault.faults if isinstance(fault, Refused) else () if fault is None else (fault,)
    return " ".join(said(reader.speak, Fault(each.code, each.field or (), str(each))) for each in faults)


def _registering(wikis: Sequence[str]) -> tuple[str, str] | None:
    """The wiki on which somebody without an account can create one, and where: the first one that is a wiki."""
    for domain in wikis:
        if (address := outside(f"https://{domain}/wiki/Special:CreateAccount")) is not None:
            return domain, address
    return None


def _address(code: str, request: Request) -> str:
    """The page of an invitation, with the session it leads into and the language that its link asks for."""
    kept = {name: request.query_params[name] for name in ("session", "lang") if name in request.query_params}
    return f"/join/{quote(code, safe='')}" + (f"?{urlencode(kept)}" if kept else "")


def _again(way: str) -> str:
    return ENROLLMENTS if way == "/" else f"{ENROLLMENTS}?{urlencode({'return': way})}"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
