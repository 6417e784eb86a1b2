# SPDX-License-Identifier: GPL-3.0-or-later
"""People at the console of a running service: each with a browser of their own, who read pages and send their forms."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import httpx

from graph.db.pool import Pool, connect
from graph.edits import Batch, Change, SeenEdit
from graph.schema import ids
from graph.streams.ingest import ingest
from tests.db.rows import Person, World
from tests.web.signing import SESSION, House, house

NOW = datetime.now(UTC).replace(microsecond=0)
DATES = {
    "trackingStart": (NOW - timedelta(days=1)).isoformat(),
    "trackingEnd": (NOW + timedelta(days=1)).isoformat(),
}


@dataclass
class Form:
    """A form as it stands on a page: its fields with what is in them, and its buttons (name, value)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def do(self) -> str:
        return self.fields.get("do", "")


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._text: str | None = None
        self._select: str | None = None
        self._templates = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._templates += tag == "template"
        if tag == "form" and not self._templates:
            self._open = Form(given.get("action", ""))
            self.found.append(self._open)
        if self._open is None or self._templates:
            return
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._open.fields[name] = value
        elif tag == "button":
            self._open.buttons.append((name, value))
        elif tag == "textarea":
            self._text, self._open.fields[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in self._open.fields or "selected" in given):
            self._open.fields[self._select] = value

    def handle_data(self, data: str) -> None:
        if self._text is not None and self._open is not None:
            self._open.fields[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "textarea" and self._open is not None and self._text is not None:
            self._open.fields[self._text] = self._open.fields[self._text].removeprefix("\n")
            self._text = None
        if tag == "select":
            self._select = None
        if tag == "form":
            self._open = None


def forms(page: str) -> list[Form]:
    """The forms of a page, without those in templates."""
    parser = _Forms()
    parser.feed(page)
    return parser.found


def words(page: str) -> str:
    """What a page says, without its tags."""
    shown = re.sub(r"<(script|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


@dataclass
class Visitor:
    """Somebody with a browser."""

    home: House
    http: httpx.AsyncClient
    username: str

    @property
    def sign_in(self) -> tuple[str, str]:
        """The cookie of their sign-in: its name and its value."""
        return SESSION, str(self.http.cookies[SESSION])

    async def get(self, path: str, status: int = 200) -> str:
        response = await self.http.get(path)
        assert response.status_code == status, (path, response.status_code, words(response.text))
        return response.text

    async def form(self, path: str, do: str) -> Form:
        """The first form of this name on a page."""
        there = forms(await self.get(path))
        return next(form for form in there if form.do == do or ("do", do) in form.buttons)

    async def send(self, path: str, form: Form | None = None, /, **fields: str) -> httpx.Response:
        """Send a form to a page as a browser does, with these fields in it; a hand-made one where none is given."""
        sent = {**(form.fields if form else {}), **fields}
        return await self.http.post(path, data=sent, headers={"origin": self.home.url})

    async def done(self, path: str, do: str, **fields: str) -> str:
        """Fill in the form of this name and send it; the page to which that leads."""
        response = await self.send(path, await self.form(path, do), **fields)
        assert response.status_code == 303, (response.status_code, words(response.text))
        return await self.get(response.headers["location"])

    async def refused(self, path: str, do: str, status: int = 422, **fields: str) -> str:
        """Fill in the form of this name and send it, which is refused; the page that says so."""
        response = await self.send(path, await self.form(path, do), **fields)
        assert response.status_code == status, (response.status_code, words(response.text))
        return response.text

    async def change(self, mutation: str, result: str = "", **fields: Any) -> Any:
        """Run a mutation of the API."""
        return await self.home.change(self.http, mutation, result, **fields)

    async def program(self, **fields: Any) -> Any:
        """A program of theirs that is under way: its id and slug."""
        return await self.home.program(self.http, **{**DATES, **fields})


class Streamed(World):
    """A world whose edits come by the stream, and are told one by one."""

    async def take_in(self, edits: Sequence[SeenEdit] = (), changes: Sequence[Change] = ()) -> None:
        now = datetime.now(UTC)
        batch = Batch(list(edits), list(changes), checkpoint={"edits": int(now.timestamp() * 1000)}, complete_until=now)
        async with self.pool.acquire() as conn:
            await ingest(conn, batch)


@dataclass
class Place:
    """A running service, its database, and what can be done to it."""

    home: House
    pool: Pool
    world: Streamed

    @asynccontextmanager
    async def visitor(self, username: str = "Amara Quill") -> AsyncIterator[Visitor]:
        """Somebody who has signed in; in English, unless the account has chosen another language."""
        if username not in self.home.wikimedia.accounts:
            self.home.wikimedia.account(username)
        async with self.home.browser() as http:
            await self.home.sign_in(http, username)
            yield Visitor(self.home, http, username)

    async def person(self, username: str) -> Person:
        """Somebody who has signed in."""
        number = await self.pool.fetchval("SELECT id FROM editor WHERE username = $1", username)
        return Person(number, username)

    async def enroll(self, program: Any, username: str, role: str = "EDITOR", **columns: Any) -> Person:
        """Enrol somebody, signed in or not."""
        known = await self.pool.fetchval("SELECT id FROM editor WHERE username = $1", username)
        person = await self.world.editor(username) if known is None else Person(known, username)
        await self.world.enroll(number_of(program), person, role=role, **columns)
        return person

    async def edit(self, person: Person, title: str, size: int = 100, **fields: Any) -> int:
        """An edit just now."""
        return await self.world.edit(person, title, size, **{"at": NOW, **fields})


def number_of(thing: Any) -> int:
    """The number of a thing with an id of the API's."""
    found = ids.parse(thing["id"])
    assert found is not None
    return found.number


@asynccontextmanager
async def visited(database_url: str, **settings: Any) -> AsyncIterator[Place]:
    """A running service with nothing in it."""
    async with house(database_url, **settings) as home:
        pool = await connect(database_url)
        yield Place(home, pool, Streamed(pool))
        await pool.close()
