# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating organizations, for admins, and changing them, for their coordinators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console.desk import Desk, Done, Refusal
from graph.web.console.meanwhile import REVISION, Form, marked
from graph.web.console.sheets import Fields, Sent
from graph.web.reading import Reader

ENTRIES: Final = ("name", "description", "coordinators")
_CREATE: Final = "create"
_CONFLICT: Final = Fault("CONFLICT", (), "Somebody else changed this meanwhile: look at it again.")


def _entries(fields: Fields) -> dict[str, str]:
    return {name: fields.get(name, "").replace("\r\n", "\n").strip() for name in ENTRIES}


DETAILS: Final = Form("details", _entries, {})


def organization_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of running organizations."""
    pages = OrganizationPages(desk)
    return [
        desk.route("/create/organization", pages.new, {_CREATE: pages.create}),
        desk.route("/organizations/{slug}/manage", pages.manage, {DETAILS.name: pages.update}),
    ]


class OrganizationPages:
    """What answers each address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def new(self, reader: Reader, sent: Sent) -> Response:
        """Ask for a new organization."""
        if not reader.identity.is_admin:
            return self._desk.refused(reader)
        return self._desk.page(reader, "organization_new", sent, sheet=sent.form(_CREATE))

    async def create(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Create an organization."""
        if not reader.identity.is_admin:
            return self._desk.refused(reader)
        changed = await self._desk.change(reader, "console_organization_create", _given(fields))
        if changed.faults:
            return Refusal(changed.faults)
        return Done(_address(changed.value["organization"]["slug"], "/manage"), "organization-created")

    async def manage(self, reader: Reader, sent: Sent) -> Response:
        """What an organization is, and who coordinates it."""
        organization = await self._organization(reader)
        sheet, taken = DETAILS.sheet(sent, _shown(organization))
        return self._desk.page(
            reader, "organization", sent, organization=organization, sheet=sheet, marks=marked(sheet), taken=taken
        )

    async def update(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Change what was changed in the form; nothing where somebody else changed the same meanwhile."""
        organization = await self._organization(reader)
        now = _shown(organization)
        changed, moved = DETAILS.changed(fields), DETAILS.moved(fields, now)
        theirs, mine = _entries(now), _entries(fields)
        if any(theirs[name] != mine[name] for name in changed & moved):
            return Refusal((_CONFLICT,))
        sent = {name: value for name, value in _given(fields).items() if name in changed}
        done = await self._desk.change(reader, "console_organization_update", {"id": organization["id"], **sent})
        if done.faults:
            return Refusal(done.faults)
        kept = "coordinators" not in changed or reader.identity.is_admin or _still(fields, reader)
        return Done(_address(organization["slug"], "/manage" if kept else ""), "organization-saved")

    async def _organization(self, reader: Reader) -> dict[str, Any]:
        asked = {"slug": reader.request.path_params["slug"]}
        return await self._desk.found(reader, "console_organization", "organization", asked, may="edit")


def _address(slug: str, part: str = "") -> str:
    return f"/organizations/{quote(slug, safe='')}{part}"


def _still(fields: Fields, reader: Reader) -> bool:
    """Whether the reader coordinates it still: the page would be for others otherwise."""
    return str(reader.identity.username).casefold() in fields.get("coordinators", "").replace("_", " ").casefold()


def _shown(organization: Mapping[str, Any]) -> dict[str, str]:
    """The fields of the form for an organization as it is."""
    return {
        "name": organization["name"],
        "description": organization["description"],
        "coordinators": "\n".join(each["username"] for each in organization["coordinators"]),
        REVISION: "",
    }


def _given(fields: Fields) -> dict[str, Any]:
    entries = _entries(fields)
    names = [line.strip() for line in entries["coordinators"].split("\n") if line.strip()]
    return {"name": entries["name"], "description": entries["description"], "coordinators": names}
