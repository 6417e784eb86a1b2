# SPDX-License-Identifier: GPL-3.0-or-later
"""Who writes what: facilitators assign and offer articles, editors choose from them and give them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console.articles import managed, program_id
from graph.web.console.desk import Desk, Done, Refusal
from graph.web.console.sheets import Fields, Sent, text_or_none
from graph.web.console.undoing import packed, refusal, unpacked
from graph.web.public_pages import LONGEST_SEARCH, Way
from graph.web.reading import Reader

ROLES: Final = ("WRITE", "REVIEW")
MOST_SHOWN: Final = 50
"""So many lines that were refused are told one by one."""
_ASSIGNED: Final = ("username", "title", "wiki", "role")
_OFFERED: Final = ("articles", "wiki")
_PART: Final = "/assigned"


def assignment_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of assigning and choosing."""
    pages = AssignmentPages(desk)
    acts = {"assign": pages.assign, "unassign": pages.unassign, "offer": pages.offer, "take-back": pages.take_back}
    return [
        desk.route("/programs/{slug}/manage/articles/assigned", pages.assigned, acts),
        desk.route("/programs/{slug}/claim", pages.choose, {"claim": pages.claim, "release": pages.release}),
    ]


class AssignmentPages:
    """What answers each address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def assigned(self, reader: Reader, sent: Sent) -> Response:
        """Who has which article, and what is offered."""
        return await self._assigned(reader, sent)

    async def _assigned(
        self, reader: Reader, sent: Sent, refused: Sequence[tuple[str, Fault]] = (), taken: tuple[int, int] = (0, 0)
    ) -> Response:
        given = reader.request.query_params
        asked = {
            "slug": reader.request.path_params["slug"],
            "after": given.get("after"),
            "offeredAfter": given.get("offered_after"),
        }
        program = await self._desk.found(reader, "console_assigned", "program", asked, may="edit")
        key = given.get("done")
        return self._desk.page(
            reader,
            "articles_assigned",
            sent,
            program=program,
            section="articles",
            part="assigned",
            wikis=[tracked["wiki"] for tracked in program["trackedWikis"]],
            roles=ROLES,
            way=Way(managed(reader, _PART), {}),
            refused=refused[:MOST_SHOWN],
            more=len(refused),
            taken=taken,
            undo=unpacked(given.get("of", ""), _ASSIGNED if key == "article-unassigned" else _OFFERED),
        )

    async def assign(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Assign an article to somebody."""
        program = await program_id(self._desk, reader, "edit")
        given = {
            "programId": program,
            "username": fields.get("username", ""),
            "title": fields.get("title", ""),
            "role": fields.get("role") if fields.get("role") in ROLES else ROLES[0],
            **_wiki(fields),
        }
        changed = await self._desk.change(reader, "console_article_assign", given)
        return Refusal(changed.faults) if changed.faults else Done(managed(reader, _PART), "article-assigned")

    async def unassign(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Take an article from somebody; the other fields are for assigning it again."""
        await program_id(self._desk, reader, "edit")
        changed = await self._desk.change(reader, "console_article_unassign", {"id": fields.get("id", "")})
        if changed.faults:
            return refusal(changed.faults)
        return Done(managed(reader, _PART), "article-unassigned", of=packed(fields, _ASSIGNED))

    async def offer(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Offer the pasted articles. Lines that cannot be taken stay in the field, each with the reason."""
        program = await program_id(self._desk, reader, "edit")
        given = {"programId": program, "articles": fields.get("articles", ""), **_wiki(fields)}
        changed = await self._desk.change(reader, "console_articles_offer", given)
        if changed.faults:
            return Refusal(changed.faults)
        lines = changed.value["lines"]
        taken = (_outcomes(lines, "ADDED"), _outcomes(lines, "KNOWN"))
        refused = [
            (line["pasted"], Fault("INVALID", ("articles",), line["message"] or ""))
            for line in lines
            if line["outcome"] == "REFUSED"
        ]
        if not refused:
            return Done(managed(reader, _PART), "articles-offered", taken)
        left = Sent({**fields, "articles": "\n".join(pasted for pasted, _ in refused)})
        return await self._assigned(reader, left, refused, taken)

    async def take_back(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Offer an article no more; the other fields are for offering it again."""
        await program_id(self._desk, reader, "edit")
        changed = await self._desk.change(reader, "console_article_take_back", {"id": fields.get("id", "")})
        if changed.faults:
            return refusal(changed.faults)
        return Done(managed(reader, _PART), "article-taken-back", of=packed(fields, _OFFERED))

    async def choose(self, reader: Reader, sent: Sent) -> Response:
        """What an editor has, and may choose. ``?q=`` searches."""
        given = reader.request.query_params
        search = given.get("q", "").strip()[:LONGEST_SEARCH]
        asked = {
            "slug": reader.request.path_params["slug"],
            "me": reader.identity.username,
            "after": given.get("after"),
            "search": search or None,
        }
        program = await self._desk.found(reader, "console_claim", "program", asked)
        return self._desk.page(
            reader,
            "claim",
            sent,
            program=program,
            search=search,
            way=Way(_choosing(reader), {"q": search}),
            undo=unpacked(given.get("of", ""), ("id",)),
        )

    async def claim(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Choose an article."""
        changed = await self._desk.change(reader, "console_article_claim", {"id": fields.get("id", "")})
        if changed.faults:
            return refusal(changed.faults)
        return Done(_choosing(reader), "article-claimed", of=packed(changed.value["assignment"], ("id",)))

    async def release(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Give an article back."""
        changed = await self._desk.change(reader, "console_article_release", {"id": fields.get("id", "")})
        return refusal(changed.faults) if changed.faults else Done(_choosing(reader), "article-released")


def _choosing(reader: Reader) -> str:
    return f"/programs/{quote(reader.request.path_params['slug'], safe='')}/claim"


def _wiki(fields: Fields) -> dict[str, str]:
    """The wiki of a title, where one was chosen."""
    wiki = text_or_none(fields, "wiki")
    return {} if wiki is None else {"wiki": wiki}


def _outcomes(lines: Sequence[Mapping[str, Any]], outcome: str) -> int:
    return sum(line["outcome"] == outcome for line in lines)
