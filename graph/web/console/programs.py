# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating a program, by itself, in a campaign or like another; changing, withdrawing, restoring and deleting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.console import program_forms as forms
from graph.web.console import times, tracked
from graph.web.console.desk import Desk, Done, Refusal
from graph.web.console.meanwhile import CONFLICT, REVISION, marked
from graph.web.console.sheets import Fields, Sent, Sheet
from graph.web.console.times import ZONE, zone_of
from graph.web.reading import Reader
from graph.web.rendering import missing

CREATE: Final = "create"
Clock = Callable[[], datetime]


def program_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of creating and changing programs."""
    pages = ProgramPages(desk, lambda: datetime.now(UTC))
    details = {
        forms.DETAILS.name: pages.update,
        "withdraw": pages.withdraw,
        "restore": pages.restore,
        "delete": pages.delete,
        "leave-campaign": pages.leave_campaign,
    }
    return [
        desk.route("/create/program", pages.new, {CREATE: pages.create}),
        desk.route("/programs/{slug}/manage/clone", pages.copy, {"clone": pages.clone}),
        desk.route("/programs/{slug}/manage/details", pages.details, details),
    ]


def manage(slug: str, part: str = "") -> str:
    """The address of a part of a program's console."""
    return f"/programs/{quote(slug, safe='')}/manage{part}"


class ProgramPages:
    """What answers each address."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    async def new(self, reader: Reader, sent: Sent) -> Response:
        """Ask for a new program in three steps; ``?campaign=`` names the campaign it is created in."""
        slug = sent.fields.get("campaign") or reader.request.query_params.get("campaign", "")
        data = await self._desk.ask(reader, "console_program_new", {"campaign": slug, "inCampaign": bool(slug)})
        campaign = data.get("campaign")
        if slug and campaign is None:
            return missing(reader.speak)
        sheet = sent.form(CREATE, self._fresh(reader, campaign))
        return self._desk.page(
            reader,
            "program_new",
            sent,
            sheet=sheet,
            campaign=campaign,
            is_fresh=not sent.fields,
            **_choices(reader, sheet),
        )

    def _fresh(self, reader: Reader, campaign: Mapping[str, Any] | None) -> Fields:
        wiki = f"{reader.speak.language}.wikipedia.org"
        template = campaign or {"templateDescription": "", "defaultProgramType": forms.TYPES[0]}
        return {
            **forms.today(zone_of(None), self._clock()),
            "description": template["templateDescription"],
            "type": template["defaultProgramType"],
            tracked.WIKIS: wiki,
            tracked.box(0): "yes",
        }

    async def create(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Create it, and go on to its people."""
        given, faults = forms.created(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_program_create", given)
        if changed.faults:
            # The home wiki is the first of the tracked ones: what is wrong with it is said of those.
            faults = tuple(fault for fault in changed.faults if fault.field != ("homeWiki",)) or changed.faults
            return Refusal(faults, {**forms.PLACES, "homeWiki": tracked.WIKIS})
        return Done(manage(changed.value["program"]["slug"], "/people"), "program-created")

    async def copy(self, reader: Reader, sent: Sent) -> Response:
        """Ask for what is new about a clone."""
        program = await self._program(reader)
        fresh = {"title": program["title"], **forms.as_long_from_today(program, zone_of(None), self._clock())}
        sheet = sent.form("clone", fresh)
        return self._desk.page(
            reader, "program_clone", sent, program=program, sheet=sheet, section="details", **_choices(reader, sheet)
        )

    async def clone(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make a program like this one, and go on to its details."""
        program = await self._program(reader)
        given, faults = forms.cloned(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_program_clone", {"id": program["id"], **given})
        if changed.faults:
            return Refusal(changed.faults)
        return Done(manage(changed.value["program"]["slug"], "/details"), "program-cloned")

    async def details(self, reader: Reader, sent: Sent) -> Response:
        """Show everything that can be edited of a program, and what becomes of it."""
        program = await self._program(reader)
        zone = zone_of(sent.fields.get(ZONE))
        sheet, taken = forms.DETAILS.sheet(sent, forms.shown(program, zone))
        return self._desk.page(
            reader,
            "program_details",
            sent,
            program=program,
            sheet=sheet,
            taken=taken,
            marks=marked(sheet),
            section="details",
            instants={name: program[name] for name in forms.INSTANTS},
            deleting=sent.form("delete"),
            **_choices(reader, sheet),
        )

    async def update(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Change what was changed in the form, unless somebody else was quicker with any of it."""
        program = await self._program(reader)
        given, faults = forms.updated(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_program_update", {"id": program["id"], **given})
        if any(fault.code == CONFLICT for fault in changed.faults) and not _moved(program, fields):
            # What somebody else changed is on other pages, such as the passcode.
            anew = {**given, "id": program["id"], "expected": program[REVISION]}
            changed = await self._desk.change(reader, "console_program_update", anew)
        if changed.faults:
            return Refusal(changed.faults, forms.PLACES)
        return Done(manage(program["slug"], "/details"), "program-saved")

    async def withdraw(self, reader: Reader, _fields: Fields) -> Done | Refusal:
        """Take it away from everybody but its own people."""
        return await self._toggle(reader, "console_program_withdraw", "program-withdrawn")

    async def restore(self, reader: Reader, _fields: Fields) -> Done | Refusal:
        """Make it what it was."""
        return await self._toggle(reader, "console_program_restore", "program-restored")

    async def _toggle(self, reader: Reader, document: str, said: str) -> Done | Refusal:
        program = await self._program(reader)
        changed = await self._desk.change(reader, document, {"id": program["id"]})
        return Refusal(changed.faults) if changed.faults else Done(manage(program["slug"], "/details"), said)

    async def delete(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Delete it, where its title was typed."""
        program = await self._program(reader)
        given = {"id": program["id"], "confirmTitle": fields.get("confirmTitle", "")}
        changed = await self._desk.change(reader, "console_program_delete", given)
        return Refusal(changed.faults, {"id": "confirmTitle"}) if changed.faults else Done("/my", "program-deleted")

    async def leave_campaign(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Take it out of a campaign, which whoever runs either may."""
        program = await self._program(reader)
        given = {"programId": program["id"], "campaignId": fields.get("campaign", "")}
        changed = await self._desk.change(reader, "console_campaign_remove_program", given)
        if changed.faults:
            return Refusal(changed.faults)
        return Done(manage(program["slug"], "/details"), "campaign-program-removed")

    async def _program(self, reader: Reader) -> dict[str, Any]:
        slug = reader.request.path_params["slug"]
        return await self._desk.found(reader, "console_program_details", "program", {"slug": slug}, may="edit")


def _moved(program: Mapping[str, Any], fields: Fields) -> set[str]:
    return forms.DETAILS.moved(fields, forms.shown(program, zone_of(fields.get(ZONE))))


def _choices(reader: Reader, sheet: Sheet) -> dict[str, Any]:
    """What the fields of such a form offer, and its times in UTC."""
    speak, zone = reader.speak, zone_of(sheet.value(ZONE))
    return {
        "types": [(kind, speak.say(f"console-type-{kind.lower().replace('_', '-')}")) for kind in forms.TYPES],
        "zones": times.choices(speak, zone.key),
        "namespaces": [
            (name, speak.say(f"console-namespace-{number}"), number) for name, number in tracked.BOXES.items()
        ],
        "utc": {name: times.in_utc(sheet.value(name), zone, speak) for name in forms.INSTANTS},
    }
