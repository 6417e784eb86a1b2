# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions and the goals of a program."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console import program_forms as forms
from graph.web.console import times
from graph.web.console.desk import Answered, Desk, Done, Refusal
from graph.web.console.meanwhile import marked
from graph.web.console.programs import manage
from graph.web.console.sheets import Fields, Sent, Sheet
from graph.web.console.times import ZONE, zone_of
from graph.web.numbers import GOALS
from graph.web.reading import Reader
from graph.web.rendering import missing

_GOAL: Final = "goal-"
_WINDOW: Final = ("start", "end")
_SPACES: Final = str.maketrans("", "", " ,.'’\u00a0\u202f\u066c")


def session_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of sessions and goals."""
    pages = SessionPages(desk)
    return [
        desk.route("/programs/{slug}/manage/sessions", pages.all, {"create": pages.create, "goals": pages.set_goals}),
        desk.route(
            "/programs/{slug}/manage/sessions/{session}",
            pages.one,
            {forms.SESSION.name: pages.update, "delete": pages.delete},
        ),
    ]


class SessionPages:
    """What answers each address."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def all(self, reader: Reader, sent: Sent) -> Response:
        """Show the sessions and goals, and ask for new ones."""
        program, _ = await self._program(reader)
        if not program["viewerCan"]["edit"]:
            return self._desk.refused(reader)
        sheet = sent.form("create", {ZONE: "UTC"})
        targets = {f"{_GOAL}{goal['metric']}": str(goal["target"]) for goal in program["goals"]}
        return self._desk.page(
            reader,
            "sessions",
            sent,
            program=program,
            section="sessions",
            sheet=sheet,
            goals=sent.form("goals", targets),
            metrics=[(f"{_GOAL}{metric}", metric, reader.speak.say(key)) for metric, key in GOALS.items()],
            reached={goal["metric"]: goal for goal in program["goals"]},
            **_times(reader, sheet),
        )

    async def create(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Create a session."""
        program, _ = await self._program(reader)
        given, faults = forms.session_created(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_session_create", {"programId": program["id"], **given})
        return Refusal(changed.faults) if changed.faults else Done(_sessions(program), "session-created")

    async def set_goals(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Replace the goals by those that have a number."""
        program, _ = await self._program(reader)
        asked = {metric: fields.get(f"{_GOAL}{metric}", "").translate(_SPACES) for metric in GOALS}
        asked = {metric: text for metric, text in asked.items() if text}
        wrong = [metric for metric, text in asked.items() if not text.isdecimal() or len(text) > 18]
        if wrong:
            message = "A goal is a whole number, such as 100."
            return Refusal(tuple(Fault("INVALID", (f"{_GOAL}{metric}",), message) for metric in wrong))
        goals = [{"metric": metric, "target": int(text)} for metric, text in asked.items()]
        changed = await self._desk.change(reader, "console_program_goals", {"programId": program["id"], "goals": goals})
        if changed.faults:
            return Refusal(changed.faults, {f"goals.{index}": f"{_GOAL}{metric}" for index, metric in enumerate(asked)})
        return Done(_sessions(program), "goals-set")

    async def one(self, reader: Reader, sent: Sent) -> Response:
        """Show a session to be changed."""
        program, session = await self._session(reader)
        sheet, taken = forms.SESSION.sheet(sent, forms.session_shown(session, zone_of(sent.fields.get(ZONE))))
        return self._desk.page(
            reader,
            "session",
            sent,
            program=program,
            session=session,
            section="sessions",
            sheet=sheet,
            taken=taken,
            marks=marked(sheet),
            **_times(reader, sheet),
        )

    async def update(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Change what was changed in the form, unless somebody else was quicker with any of it."""
        program, session = await self._session(reader)
        given, faults = forms.session_updated(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_session_update", {"id": session["id"], **given})
        return Refusal(changed.faults) if changed.faults else Done(_address(program, session), "session-saved")

    async def delete(self, reader: Reader, _fields: Fields) -> Done | Refusal:
        """Delete a session; the program's edits stay."""
        program, session = await self._session(reader)
        changed = await self._desk.change(reader, "console_session_delete", {"id": session["id"]})
        return Refusal(changed.faults) if changed.faults else Done(_sessions(program), "session-deleted")

    async def _program(self, reader: Reader) -> tuple[dict[str, Any], str]:
        """The program with its sessions, and the viewer's id."""
        slug = reader.request.path_params["slug"]
        data = await self._desk.ask(reader, "console_program_sessions", {"slug": slug})
        if data.get("program") is None:
            raise Answered(missing(reader.speak))
        return data["program"], data["viewer"]["id"]

    async def _session(self, reader: Reader) -> tuple[dict[str, Any], dict[str, Any]]:
        """The program and one of its sessions, for whoever may change it: its coordinators may, too."""
        program, viewer = await self._program(reader)
        wanted = reader.request.path_params["session"]
        found = [each for each in program["sessions"] if each["slug"] == wanted]
        if not found:
            raise Answered(missing(reader.speak))
        if not program["viewerCan"]["edit"] and viewer not in [each["id"] for each in found[0]["coordinators"]]:
            raise Answered(self._desk.refused(reader))
        return program, found[0]


def _sessions(program: dict[str, Any]) -> str:
    return manage(program["slug"], "/sessions")


def _address(program: dict[str, Any], session: dict[str, Any]) -> str:
    return f"{_sessions(program)}/{quote(session['slug'], safe='')}"


def _times(reader: Reader, sheet: Sheet) -> dict[str, Any]:
    zone = zone_of(sheet.value(ZONE))
    utc = {name: times.in_utc(sheet.value(name), zone, reader.speak) for name in _WINDOW}
    return {"zones": times.choices(reader.speak, zone.key), "utc": utc}
