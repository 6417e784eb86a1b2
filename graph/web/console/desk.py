# SPDX-License-Identifier: GPL-3.0-or-later
"""What all pages of the console share: who may see them, what they ask, and how a form is taken.

A form is a POST to the page it stands on; its field ``do`` says which it is. What it asks for is a mutation of the API.
If that is done, the browser is sent on to a page that says so (303), so that neither reload nor back send it again; the
same form sent twice all the same leads where it led the first time. If it is refused, the page is shown again (422)
with everything that was typed, and each fault stands beside its field.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from graph.resolvers.submitting import Submissions
from graph.web.asking import Asking, Changed, Fault
from graph.web.console.sheets import DO, Fields, Sent
from graph.web.faults import said
from graph.web.forms import TOKEN_FIELD
from graph.web.languages import texts_of
from graph.web.reading import Reader
from graph.web.rendering import SAFE, missing, trouble
from graph.web.sign_in import SignIn

FORM_BYTES: Final = 2 * 1024 * 1024
"""Five thousand titles in any script."""
ONCE: Final = "once"
LOOK: Final = "_look"
"""Which form is to be shown again as it was typed, without being taken."""
_NO_STORE: Final = {**SAFE, "cache-control": "no-store"}
_MOST_NUMBERS: Final = 4


class Answered(Exception):
    """The answer is there already."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__()


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for is done: where to go on, and what is said there.

    ``said`` is the end of a message's key, ``console-done-…``; ``numbers`` are its places. ``of`` is handed to the
    page, for a form that undoes it.
    """

    to: str
    said: str = ""
    numbers: tuple[int, ...] = ()
    of: str = ""

    @property
    def address(self) -> str:
        """The page to go on to, with what it needs to say so."""
        query = [("done", self.said), ("of", self.of), *(("n", str(number)) for number in self.numbers)]
        given = urlencode([(name, value) for name, value in query if value])
        return self.to + (("&" if "?" in self.to else "?") + given if given else "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing, or not everything, was done."""

    faults: tuple[Fault, ...]
    places: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, name: str, message: str, code: str = "INVALID") -> Refusal:
        """One fault of one field, in the words of the API: see faults.py."""
        return cls((Fault(code, (name,) if name else (), message),))


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said at the head of a page after something was done; ``key`` and ``of`` are for forms that undo it."""

    key: str
    text: str
    of: str


Act = Callable[[Reader, Fields], Awaitable[Done | Refusal | Response]]
Show = Callable[[Reader, Sent], Awaitable[Response]]


class Desk:
    """Shared by all pages of the console. ``public_url`` has no slash at its end."""

    def __init__(self, asking: Asking, sign_in: SignIn, submissions: Submissions, public_url: str) -> None:
        self._asking = asking
        self._sign_in = sign_in
        self._submissions = submissions
        self.public_url: Final = public_url
        self.documents: Final = asking.documents

    def route(self, path: str, show: Show, acts: Mapping[str, Act] | None = None) -> Route:
        """A page: ``show`` renders it, each of ``acts`` takes the form of that name."""

        async def answer(request: Request) -> Response:
            try:
                if request.method == "POST":
                    return await self._taken(request, show, acts or {})
                return await show(await self.reader(request), Sent())
            except Answered as answered:
                return answered.response

        return Route(path, answer, methods=["GET", "POST"] if acts else ["GET"])

    async def reader(self, request: Request) -> Reader:
        """Whoever is signed in; everybody else is sent to sign in first, and comes back."""
        reader = await Reader.of(request, self._sign_in.reader, self._sign_in.corner)
        if not reader.identity.signed_in:
            query = f"?{request.url.query}" if request.url.query else ""
            way = f"/sign-in?{urlencode({'return': reader.here + query})}"
            raise Answered(RedirectResponse(way, 303, _NO_STORE))
        return reader

    async def ask(self, reader: Reader, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the page shows; where it cannot be had now the page says so instead."""
        data = await self._asking.ask(reader.identity, document, variables or {})
        if data is None:
            raise Answered(trouble(reader.speak))
        return data

    async def found(
        self, reader: Reader, document: str, name: str, variables: dict[str, Any], *, may: str | Iterable[str] = ()
    ) -> dict[str, Any]:
        """The one thing, ``name``, that a page is about, of which the viewer may do (``viewerCan``) any of ``may``.

        What is not there, or not for this reader's eyes, is missing; what is not for their hands is refused (403).
        """
        thing = (await self.ask(reader, document, variables)).get(name)
        if thing is None:
            raise Answered(missing(reader.speak))
        rights = (may,) if isinstance(may, str) else tuple(may)
        if rights and not any(thing["viewerCan"][right] for right in rights):
            raise Answered(self.refused(reader))
        return dict(thing)

    def refused(self, reader: Reader) -> Response:
        """Say that this page is for others."""
        heading, text = reader.speak.say("console-refused-heading"), reader.speak.say("console-refused-text")
        return reader.page("missing.html", 403, heading=heading, text=text)

    async def change(self, reader: Reader, document: str, given: Mapping[str, Any]) -> Changed:
        """Execute a mutation with this input."""
        return await self._asking.change(reader.identity, document, {"input": dict(given)})

    def page(self, reader: Reader, name: str, sent: Sent, /, status: int | None = None, **values: Any) -> Response:
        """A page of the console; 422 where it was sent something that was refused."""
        return reader.page(
            f"console/{name}.html",
            status or (422 if sent.faults else 200),
            sent=sent,
            notice=notice(reader),
            said=lambda fault: said(reader.speak, fault),
            once=lambda: secrets.token_urlsafe(12),
            **values,
        )

    async def _taken(self, request: Request, show: Show, acts: Mapping[str, Act]) -> Response:
        actor, fields, believed = await self._sign_in.long_form(request, FORM_BYTES)
        reader = Reader(request, actor, texts_of(request), self._sign_in.corner(request.headers, actor))
        act = acts.get(fields.get(DO, ""))
        if not believed or act is None:
            return self._again(reader, fields, known=act is not None)
        if fields.get(LOOK):
            return await show(reader, Sent(fields))
        name = fields.get(ONCE, "")
        led = await self._submissions.begin(actor, name)
        if led is not None:
            return _to(led or reader.here)
        return await self._once(reader, fields, act, show)

    async def _once(self, reader: Reader, fields: Fields, act: Act, show: Show) -> Response:
        name, led = fields.get(ONCE, ""), None
        try:
            outcome = await act(reader, fields)
            if isinstance(outcome, Done):
                led = outcome.address
            elif isinstance(outcome, Response):
                led = reader.here
        finally:
            await self._submissions.end(reader.identity, name, led)
        if isinstance(outcome, Done):
            return _to(outcome.address)
        if isinstance(outcome, Response):
            return outcome
        return await show(reader, Sent(fields, outcome.faults, outcome.places))

    def _again(self, reader: Reader, fields: Fields, *, known: bool) -> Response:
        """Keep what was typed by whoever is not signed in any more, or only since: they may send it again."""
        if not known:
            heading, text = reader.speak.say("console-lost-heading"), reader.speak.say("console-lost-text")
            return reader.page("missing.html", 400, heading=heading, text=text)
        kept = {name: value for name, value in fields.items() if name not in (TOKEN_FIELD, LOOK)}
        signed_in = reader.identity.signed_in
        return reader.page(
            "console/again.html",
            409 if signed_in else 401,
            held=kept,
            typed={name: value for name, value in kept.items() if name not in (DO, ONCE) and value},
            signed_in=signed_in,
            look=LOOK,
        )


def notice(reader: Reader) -> Notice | None:
    """What to say of what was done just now, if there is such a message."""
    query = reader.request.query_params
    key = f"console-done-{query.get('done', '')}"
    numbers = [int(text) for text in query.getlist("n")[:_MOST_NUMBERS] if text.isascii() and text.isdigit()]
    numbers += [0] * (_MOST_NUMBERS - len(numbers))
    try:
        return Notice(key.removeprefix("console-done-"), reader.speak.say(key, *numbers), query.get("of", ""))
    except KeyError:
        return None


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, _NO_STORE)
