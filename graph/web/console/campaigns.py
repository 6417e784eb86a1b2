# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating campaigns and running them: what they are, what new programs begin with, their programs and organizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console.desk import Answered, Desk, Done, Refusal
from graph.web.console.meanwhile import REVISION, Form, marked
from graph.web.console.program_forms import TYPES
from graph.web.console.sheets import Fields, Sent
from graph.web.public_pages import Way
from graph.web.reading import Reader
from graph.web.rendering import missing

POLICIES: Final = ("RANDOM", "FIXED", "NONE")
PLACES: Final = {
    "defaultProgramType": "type", "defaultPasscodePolicy": "policy", "defaultPasscode": "passcode",
    "templateDescription": "template", "organizationSlug": "organization",
}  # fmt: skip
"""The fields of the form that the API calls otherwise."""
ENTRIES: Final = (
    "title", "description", "start", "end", "organization", "type", "policy", "passcode", "template",
)  # fmt: skip
_CREATE: Final = "create"
_EMPTY: Final = {"type": "EDITATHON", "policy": POLICIES[0]}
_CONFLICT: Final = Fault("CONFLICT", (), "Somebody else changed this meanwhile: look at it again.")


def _entries(fields: Fields) -> dict[str, str]:
    return {name: fields.get(name, "").replace("\r\n", "\n").strip() for name in ENTRIES}


DETAILS: Final = Form("details", _entries, {})


def campaign_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of campaigns."""
    pages = CampaignPages(desk)
    acts = {
        DETAILS.name: pages.update,
        "add-program": pages.add_program,
        "remove-program": pages.remove_program,
        "add-organizer": pages.add_organizer,
        "remove-organizer": pages.remove_organizer,
        "delete": pages.delete,
    }
    return [
        desk.route("/create/campaign", pages.new, {_CREATE: pages.create}),
        desk.route("/campaigns/{slug}/manage", pages.manage, acts),
    ]


class CampaignPages:
    """What answers each address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def new(self, reader: Reader, sent: Sent) -> Response:
        """Ask for a new campaign. ``?organization=`` (a slug) is the one it is to be of."""
        data = await self._desk.ask(reader, "console_campaign_new")
        asked = {"organization": reader.request.query_params.get("organization", "")}
        return self._desk.page(
            reader,
            "campaign_new",
            sent,
            sheet=sent.form(_CREATE, {**_EMPTY, **asked}),
            **_choices(data["organizations"]["nodes"], None),
        )

    async def create(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Create a campaign."""
        given, faults = _given(fields)
        if faults:
            return Refusal(faults)
        changed = await self._desk.change(reader, "console_campaign_create", _filled(given))
        if changed.faults:
            return Refusal(changed.faults, PLACES)
        return Done(_address(changed.value["campaign"]["slug"], "/manage"), "campaign-created")

    async def manage(self, reader: Reader, sent: Sent) -> Response:
        """Everything about a campaign, for its organizers."""
        data, campaign = await self._campaign(reader)
        viewer = data["viewer"]
        sheet, taken = DETAILS.sheet(sent, _shown(campaign))
        return self._desk.page(
            reader,
            "campaign",
            sent,
            campaign=campaign,
            sheet=sheet,
            marks=marked(sheet),
            taken=taken,
            programs=[
                program
                for program in viewer["programs"]["nodes"]
                if program["viewerCan"]["edit"]
                and all(each["slug"] != campaign["slug"] for each in program["campaigns"]["nodes"])
            ],
            any_program=viewer["isAdmin"],
            way=Way(_address(campaign["slug"], "/manage"), {}),
            **_choices(data["organizations"]["nodes"], campaign["organization"]),
        )

    async def _campaign(self, reader: Reader) -> tuple[dict[str, Any], dict[str, Any]]:
        """Everything that the page is made of, for whoever may edit the campaign; everybody else is answered."""
        asked = {"slug": reader.request.path_params["slug"], "after": reader.request.query_params.get("after")}
        data = await self._desk.ask(reader, "console_campaign", asked)
        campaign = data.get("campaign")
        if campaign is None:
            raise Answered(missing(reader.speak))
        if not campaign["viewerCan"]["edit"]:
            raise Answered(self._desk.refused(reader))
        return data, campaign

    async def update(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Change what was changed in the form; nothing where somebody else changed the same meanwhile."""
        _, campaign = await self._campaign(reader)
        given, faults = _given(fields)
        if faults:
            return Refusal(faults)
        now = _shown(campaign)
        changed, moved = DETAILS.changed(fields), DETAILS.moved(fields, now)
        theirs, mine = _entries(now), _entries(fields)
        if any(theirs[name] != mine[name] for name in changed & moved):
            return Refusal((_CONFLICT,))
        sent = {name: value for name, value in given.items() if _entry(name) in changed}
        if "policy" in changed and mine["policy"] == "FIXED":
            sent["defaultPasscode"] = given["defaultPasscode"]
        done = await self._desk.change(reader, "console_campaign_update", {"id": campaign["id"], **sent})
        return Refusal(done.faults, PLACES) if done.faults else self._done(campaign, "campaign-saved")

    async def add_program(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Gather a program that was chosen, or whose address was given."""
        _, campaign = await self._campaign(reader)
        chosen, address = fields.get("program", ""), fields.get("address", "").strip()
        if address:
            found = (await self._desk.ask(reader, "console_program_id", {"slug": _slug(address)})).get("program")
            if found is None:
                return Refusal.at("address", "There is no such program.", "NOT_FOUND")
            chosen = found["id"]
        if not chosen:
            return Refusal.at("program", "Choose a program, or give its address.")
        given = {"campaignId": campaign["id"], "programId": chosen}
        done = await self._desk.change(reader, "console_campaign_add_program", given)
        places = {"programId": "address" if address else "program"}
        return Refusal(done.faults, places) if done.faults else self._done(campaign, "campaign-program-added")

    async def remove_program(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Take a program out."""
        return await self._simply(
            reader, "console_campaign_remove_program", "campaign-program-removed", programId=fields.get("program", "")
        )

    async def add_organizer(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make somebody an organizer."""
        return await self._simply(
            reader, "console_campaign_add_organizer", "campaign-organizer-added", username=fields.get("username", "")
        )

    async def remove_organizer(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make somebody an organizer no more; whoever does that to themselves has no part here any more."""
        done = await self._simply(
            reader,
            "console_campaign_remove_organizer",
            "campaign-organizer-removed",
            username=fields.get("username", ""),
        )
        left = fields.get("username") == reader.identity.username and not reader.identity.is_admin
        return Done(_address(reader.request.path_params["slug"])) if left and isinstance(done, Done) else done

    async def delete(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Delete the campaign whose title was typed."""
        _, campaign = await self._campaign(reader)
        if " ".join(fields.get("title", "").split()) != " ".join(campaign["title"].split()):
            return Refusal.at("title", "This is not the title.")
        done = await self._desk.change(reader, "console_campaign_delete", {"id": campaign["id"]})
        return Refusal(done.faults) if done.faults else Done("/my", "campaign-deleted")

    async def _simply(self, reader: Reader, document: str, said: str, **given: str) -> Done | Refusal:
        _, campaign = await self._campaign(reader)
        done = await self._desk.change(reader, document, {"campaignId": campaign["id"], **given})
        return Refusal(done.faults) if done.faults else self._done(campaign, said)

    def _done(self, campaign: Mapping[str, Any], said: str) -> Done:
        return Done(_address(campaign["slug"], "/manage"), said)


def _address(slug: str, part: str = "") -> str:
    return f"/campaigns/{quote(slug, safe='')}{part}"


def _slug(address: str) -> str:
    """The slug in the address of a program; what is no address is a slug."""
    parts = urlsplit(address).path.split("/")
    return unquote(parts[parts.index("programs") + 1]) if "programs" in parts[:-1] else address


def _shown(campaign: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the form for a campaign as it is."""
    return {
        "title": campaign["title"],
        "description": campaign["description"],
        "start": _day(campaign["start"]),
        "end": _day(campaign["end"]),
        "organization": (campaign["organization"] or {}).get("slug", ""),
        "type": campaign["defaultProgramType"],
        "policy": campaign["defaultPasscodePolicy"],
        "passcode": campaign["defaultPasscode"] or "",
        "template": campaign["templateDescription"],
        REVISION: "",
    }


def _given(fields: Fields) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """What the API is given for what was typed, and what cannot be given to it at all."""
    faults: list[Fault] = []
    entries = _entries(fields)
    given: dict[str, Any] = {
        "title": entries["title"],
        "description": entries["description"],
        "start": _instant(entries, "start", "00:00:00", faults.append),
        "end": _instant(entries, "end", "23:59:59", faults.append),
        "organizationSlug": entries["organization"] or None,
        "defaultProgramType": entries["type"] if entries["type"] in TYPES else TYPES[0],
        "defaultPasscodePolicy": entries["policy"] if entries["policy"] in POLICIES else POLICIES[0],
        "defaultPasscode": (entries["passcode"] or None) if entries["policy"] == "FIXED" else None,
        "templateDescription": entries["template"],
    }
    return given, tuple(faults)


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty, for something new."""
    return {name: value for name, value in given.items() if value is not None}


def _entry(name: str) -> str:
    return PLACES.get(name, name)


def _day(instant: str | None) -> str:
    return "" if instant is None else instant[:10]


def _instant(entries: Mapping[str, str], name: str, time: str, note: Callable[[Fault], None]) -> str | None:
    """The beginning or the end of a day of UTC; None where none was typed."""
    text = entries[name]
    if not text:
        return None
    try:
        return f"{date.fromisoformat(text).isoformat()}T{time}Z"
    except ValueError:
        note(Fault("INVALID", (name,), "This is no day. Write year, month and day, for example 2026-11-22."))
        return None


def _choices(organizations: list[dict[str, Any]], present: Mapping[str, Any] | None) -> dict[str, Any]:
    """What there is to choose from: the present organization stays among them, whoever coordinates it."""
    own = [(each["slug"], each["name"]) for each in organizations if each["viewerCan"]["edit"]]
    if present is not None and all(slug != present["slug"] for slug, _ in own):
        own.insert(0, (present["slug"], present["name"]))
    return {"organizations": own, "types": TYPES, "policies": POLICIES}
