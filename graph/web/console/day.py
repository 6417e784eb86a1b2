# SPDX-License-Identifier: GPL-3.0-or-later
"""The page with which a program is run on the day: its numbers and newest edits, its screens, what is to be looked at.

Whoever takes part may look at it and request an update; who runs the program leaves articles out, hides cards, and lets
screens in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.console.desk import Desk, Done, Refusal
from graph.web.console.sheets import Fields, Sent
from graph.web.numbers import HEADLINE
from graph.web.reading import Reader
from graph.web.texts import Texts

_LOOK: Final = ("edit", "requestUpdate")
# The buttons of the list of edits, the mutation that each asks for, what it is given, and what is said when it is done.
_BUTTONS: Final = {
    "exclude": ("console_day_exclude", "articleId", "day-excluded"),
    "include": ("console_day_include", "articleId", "day-included"),
    "hide": ("console_day_hide", "editId", "day-hidden"),
    "show": ("console_day_show", "editId", "day-shown"),
}
UNDONE: Final = {"day-excluded": "include", "day-hidden": "show"}
"""What undoes what was done: the button of the list of edits, by the key of the notice."""
_READING: Final = ("WAITING", "RUNNING")


def day_routes(desk: Desk, clock: Callable[[], datetime] | None = None) -> list[BaseRoute]:
    """Return the page's route; ``clock`` tells the time (aware, UTC)."""
    day = DayPage(desk, clock or (lambda: datetime.now(UTC)))
    acts = {
        "newest": day.moderate,
        "make-token": day.make_token,
        "revoke-token": day.revoke_token,
        "request-update": day.request_update,
    }
    return [desk.route("/programs/{slug}/manage", day.show, acts)]


@dataclass(frozen=True, slots=True)
class Token:
    """A screen's token that was made just now; it is not shown again."""

    name: str
    secret: str


class DayPage:
    """Shows the page and takes its forms."""

    def __init__(self, desk: Desk, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._clock = clock

    async def show(self, reader: Reader, sent: Sent) -> Response:
        """Show the page."""
        return await self._shown(reader, sent)

    async def moderate(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Leave out or take in the article, hide or show the card, whose button was pressed."""
        program = await self._program(reader, "edit")
        pressed = next((name for name in _BUTTONS if fields.get(name)), None)
        if pressed is None:
            return Refusal.at("", "There is no such edit.", "NOT_FOUND")
        document, of, said = _BUTTONS[pressed]
        given = {"programId": program["id"], of: fields[pressed]}
        changed = await self._desk.change(reader, document, given)
        return Refusal(changed.faults) if changed.faults else Done(reader.here, said, of=fields[pressed])

    async def make_token(self, reader: Reader, fields: Fields) -> Refusal | Response:
        """Make a screen's token, and show it this once."""
        program = await self._program(reader, "edit")
        given = {"programId": program["id"], "name": fields.get("name", "")}
        changed = await self._desk.change(reader, "console_day_make_token", given)
        if changed.faults:
            return Refusal(changed.faults)
        made = Token(changed.value["screenToken"]["name"], changed.value["secret"])
        return await self._shown(reader, Sent(), made)

    async def revoke_token(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make a screen's token worthless."""
        await self._program(reader, "edit")
        changed = await self._desk.change(reader, "console_day_revoke_token", {"id": fields.get("token", "")})
        return Refusal(changed.faults) if changed.faults else Done(reader.here, "day-token-revoked")

    async def request_update(self, reader: Reader, _fields: Fields) -> Done | Refusal:
        """Have the program's history read again."""
        program = await self._program(reader, "requestUpdate")
        changed = await self._desk.change(reader, "console_day_request_update", {"programId": program["id"]})
        return Refusal(changed.faults) if changed.faults else Done(reader.here, "day-update")

    async def _program(self, reader: Reader, right: str) -> dict[str, Any]:
        """The program of this page, of which the reader has the right."""
        slug = {"slug": reader.request.path_params["slug"]}
        return await self._desk.found(reader, "console_day_program", "program", slug, may=right)

    async def _shown(self, reader: Reader, sent: Sent, made: Token | None = None) -> Response:
        slug = {"slug": reader.request.path_params["slug"]}
        program = await self._desk.found(reader, "console_day", "program", slug, may=_LOOK)
        service = (await self._desk.ask(reader, "console_day_service"))["service"]
        return self._desk.page(
            reader,
            "day",
            sent,
            section="day",
            program=program,
            runs=program["viewerCan"]["edit"],
            hidden=frozenset(program["hiddenCards"]),
            headline=HEADLINE,
            connected=service["connected"],
            reading=(program["update"] or {}).get("state") in _READING,
            time=time_of(program, self._clock(), reader.speak),
            made=made,
            undone=UNDONE,
            screen_address=f"{self._desk.public_url}/live/screen",
            following=self._following(reader, program),
        )

    def _following(self, reader: Reader, program: Mapping[str, Any]) -> dict[str, Any]:
        """What the page's script needs to follow what happens; over one connection."""
        documents = self._desk.documents
        return {
            "slug": program["slug"],
            "cursor": program["activityCursor"],
            "version": program["metrics"]["version"],
            "documents": {
                "numbers": documents["page_live_program"],
                "edits": documents["console_live_edits"],
                "service": documents["console_live_service"],
                "update": documents["console_day_update"],
            },
            "language": reader.speak.tag,
            "texts": reader.speak.bundle("page-live", "page-reconnecting", "page-as-of", "page-number-of"),
            "day": reader.speak.bundle("console-day-"),
            "live": f"/live/program/{quote(program['slug'], safe='')}",
        }


@dataclass(frozen=True, slots=True)
class Time:
    """Where a program stands: ``key`` says of ``moment`` what it is; ``span`` is what is left, or until it begins."""

    key: str
    moment: str
    span: str
    opens: str
    closes: str


def time_of(program: Mapping[str, Any], now: datetime, speak: Texts) -> Time:
    """What is said of a program's time; of its event where that has times of its own."""
    opens = program["eventStart"] or program["trackingStart"]
    closes = program["eventEnd"] or program["trackingEnd"]
    begin, end = datetime.fromisoformat(opens), datetime.fromisoformat(closes)
    if now < begin:
        span = speak.say("console-day-until", speak.lasting(begin - now))
        return Time("console-day-begins", speak.moment(opens), span, opens, closes)
    if now <= end:
        span = speak.say("console-day-left", speak.lasting(end - now))
        return Time("console-day-ends", speak.moment(closes), span, opens, closes)
    return Time("console-day-ended", speak.moment(closes), "", opens, closes)
