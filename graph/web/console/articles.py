# SPDX-License-Identifier: GPL-3.0-or-later
"""Which articles of a program count: its lists (scopes), looked at before they are added; single articles left out.

Looking at a list changes nothing and is a GET: it can be reloaded, and shared with somebody who helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console.desk import Desk, Done, Refusal
from graph.web.console.sheets import Fields, Sent, Sheet
from graph.web.console.undoing import packed, refusal, unpacked
from graph.web.public_pages import LONGEST_SEARCH, Way
from graph.web.reading import Reader
from graph.web.texts import Texts

KINDS: Final = ("CATEGORY", "TEMPLATE", "PETSCAN", "PAGEPILE", "ASSIGNED_ARTICLES")
LOOK: Final = "look"
"""Which parameter of an address asks to look at a list before it is added."""
UNDER_WAY: Final = ("WAITING", "READING")
_SCOPE: Final = ("kind", "wiki", "value", "depth")
_ADD: Final = "add"
_DIGITS: Final = 6


def article_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of what counts."""
    pages = ArticlePages(desk)
    return [
        desk.route(
            "/programs/{slug}/manage/articles",
            pages.scopes,
            {_ADD: pages.add, "remove": pages.remove, "refresh": pages.refresh},
        ),
        desk.route(
            "/programs/{slug}/manage/articles/counted",
            pages.counted,
            {"exclude": pages.exclude, "include": pages.include},
        ),
    ]


def managed(reader: Reader, part: str = "") -> str:
    """The address of a page about a program's articles."""
    return f"/programs/{quote(reader.request.path_params['slug'], safe='')}/manage/articles{part}"


async def program_id(desk: Desk, reader: Reader, may: str) -> str:
    """The id of the program a page is about, for whoever may do this; everybody else is answered."""
    asked = {"slug": reader.request.path_params["slug"]}
    return str((await desk.found(reader, "console_program_id", "program", asked, may=may))["id"])


class ArticlePages:
    """What answers each address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def scopes(self, reader: Reader, sent: Sent) -> Response:
        """The lists of a program. ``?look=1`` with the fields of a list shows what it would come to."""
        asked = {"slug": reader.request.path_params["slug"]}
        program = await self._desk.found(reader, "console_scopes", "program", asked, may="edit")
        given = reader.request.query_params
        wikis = [tracked["wiki"] for tracked in program["trackedWikis"]]
        fresh = {"kind": KINDS[0], "wiki": wikis[0]["dbname"], "depth": "0"}
        sheet = sent.form(_ADD, {**fresh, **{name: given[name] for name in _SCOPE if given.get(name)}})
        preview = None
        if given.get(LOOK) and not sent.fields:
            preview, faults = await self._preview(reader, program["id"], sheet)
            sheet = Sheet(_ADD, sheet.values, faults)
        return self._desk.page(
            reader,
            "articles",
            sent,
            program=program,
            section="articles",
            part="lists",
            wikis=wikis,
            kinds=[(kind, *_said(reader.speak, kind)) for kind in KINDS],
            sheet=sheet,
            preview=preview,
            # What takes too long to be looked at can be added all the same.
            slow=any(fault.code == "UNAVAILABLE" for fault in sheet.faults),
            under_way=any(scope["state"] in UNDER_WAY for scope in program["scopes"]),
            undo=unpacked(given.get("of", ""), _SCOPE),
        )

    async def _preview(
        self, reader: Reader, program: str, sheet: Sheet
    ) -> tuple[Mapping[str, Any] | None, tuple[Fault, ...]]:
        given, faults = _scope(sheet.values)
        if faults:
            return None, faults
        data = await self._desk.ask(reader, "console_scopes_preview", {"program": program, **given})
        preview = data.get("preview") or {"errors": [{"code": "INVALID", "field": None, "message": ""}]}
        found = tuple(Fault(each["code"], tuple(each["field"] or ()), each["message"]) for each in preview["errors"])
        return (None if found else preview), found

    async def add(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Add a list."""
        program = await program_id(self._desk, reader, "edit")
        given, faults = _scope(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_scope_add", {"programId": program, **given})
        return Refusal(changed.faults) if changed.faults else Done(managed(reader), "scope-added")

    async def remove(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Remove a list; the fields that say which one it is are for adding it again."""
        await program_id(self._desk, reader, "edit")
        changed = await self._desk.change(reader, "console_scope_remove", {"id": fields.get("id", "")})
        if changed.faults:
            return refusal(changed.faults)
        return Done(managed(reader), "scope-removed", of=packed(fields, _SCOPE))

    async def refresh(self, reader: Reader, _fields: Fields) -> Done | Refusal:
        """Have all lists read again."""
        program = await program_id(self._desk, reader, "edit")
        changed = await self._desk.change(reader, "console_scopes_refresh", {"programId": program})
        return refusal(changed.faults) if changed.faults else Done(managed(reader), "scopes-asked")

    async def counted(self, reader: Reader, sent: Sent) -> Response:
        """The edited articles. ``?q=`` searches, ``?excluded=1`` lists those that are left out."""
        given = reader.request.query_params
        search, excluded = given.get("q", "").strip()[:LONGEST_SEARCH], "1" if given.get("excluded") else ""
        asked = {
            "slug": reader.request.path_params["slug"],
            "after": given.get("after"),
            "search": search or None,
            "excluded": True if excluded else None,
        }
        program = await self._desk.found(reader, "console_counted", "program", asked, may="edit")
        return self._desk.page(
            reader,
            "articles_counted",
            sent,
            program=program,
            section="articles",
            part="counted",
            search=search,
            way=Way(managed(reader, "/counted"), {"q": search, "excluded": excluded}),
            again=_kept(reader),
            undo=unpacked(given.get("of", ""), ("article",)),
        )

    async def exclude(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Leave an article out."""
        return await self._track(reader, fields, "console_article_exclude", "article-excluded")

    async def include(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Take an article in again."""
        return await self._track(reader, fields, "console_article_include", "article-included")

    async def _track(self, reader: Reader, fields: Fields, document: str, said: str) -> Done | Refusal:
        program = await program_id(self._desk, reader, "edit")
        given = {"programId": program, "articleId": fields.get("article", "")}
        changed = await self._desk.change(reader, document, given)
        if changed.faults:
            return refusal(changed.faults)
        return Done(_kept(reader), said, of=packed(fields, ("article",)))


def _kept(reader: Reader) -> str:
    """The address of the list of edited articles, with what was chosen in it."""
    given = reader.request.query_params
    query = urlencode({name: given[name] for name in ("q", "excluded", "after") if given.get(name)})
    return managed(reader, "/counted") + (f"?{query}" if query else "")


def _said(speak: Texts, kind: str) -> tuple[str, str]:
    """A kind of list in words, and what it is."""
    name = kind.lower().replace("_", "-")
    return speak.say(f"page-scope-{name}"), speak.say(f"console-scope-about-{name}")


def _scope(fields: Fields) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """What the API is given for a list that was typed, and what cannot be given to it at all."""
    kind, depth = fields.get("kind", ""), fields.get("depth", "").strip() or "0"
    if kind not in KINDS:
        return {}, (Fault("INVALID", ("kind",), "This cannot be taken as it is."),)
    if not (depth.isascii() and depth.isdigit() and len(depth) <= _DIGITS):
        return {}, (Fault("INVALID", ("depth",), "This is no whole number."),)
    # A depth that stands there from another kind says nothing.
    deep = int(depth) if kind == "CATEGORY" else 0
    value = "" if kind == "ASSIGNED_ARTICLES" else fields.get("value", "")
    return {"kind": kind, "wiki": fields.get("wiki", ""), "value": value, "depth": deep}, ()
