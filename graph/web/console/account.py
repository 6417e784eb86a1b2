# SPDX-License-Identifier: GPL-3.0-or-later
"""What is somebody's own: access tokens, language, and the programs they take part in, with leaving and erasing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.console.desk import Act, Desk, Done, Refusal
from graph.web.console.sheets import Fields, Sent
from graph.web.public_pages import Way
from graph.web.reading import Reader
from graph.web.texts import Texts

DAYS: Final = ("30", "90", "365", "")
"""For how long an access token can be made: so many days; empty: until it is revoked."""
LONGEST_NAME: Final = 100
_EDITS: Final = "EDITOR"


def account_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of one's own account."""
    pages = AccountPages(desk)
    acts: dict[str, Act] = {
        "token": pages.token,
        "revoke": pages.revoke,
        "show": partial(pages.name, show=True),
        "hide": partial(pages.name, show=False),
        "leave": pages.leave,
        "erase": pages.erase,
    }
    return [desk.route("/my/account", pages.show, acts)]


class AccountPages:
    """What answers the address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, reader: Reader, sent: Sent) -> Response:
        """The account of whoever is signed in."""
        return await self._page(reader, sent)

    async def _page(self, reader: Reader, sent: Sent, made: Mapping[str, Any] | None = None) -> Response:
        after = reader.request.query_params.get("after")
        viewer = await self._desk.found(reader, "console_account", "viewer", {"after": after})
        return self._desk.page(
            reader,
            "account",
            sent,
            viewer=viewer,
            made=made,
            day_choices=[(days, _lasting(reader.speak, days)) for days in DAYS],
            longest=LONGEST_NAME,
            takes_part=takes_part,
            way=Way(reader.here, {}),
        )

    async def token(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Make an access token; the answer is the only page that ever shows it."""
        given: dict[str, object] = {"name": fields.get("name", "")}
        days = fields.get("days", "")
        if days in DAYS and days:
            given["expiresAt"] = (datetime.now(UTC) + timedelta(days=int(days))).isoformat()
        changed = await self._desk.change(reader, "console_account_token", given)
        if changed.faults:
            return Refusal(changed.faults, {"expiresAt": "days"})
        return await self._page(reader, Sent(), changed.value)

    async def revoke(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Make an access token worthless."""
        return await self._changed(reader, "revoke", "token-revoked", id=fields.get("token", ""))

    async def name(self, reader: Reader, fields: Fields, *, show: bool) -> Done | Refusal | Response:
        """Be shown by name in a program, or no more."""
        said = "name-shown" if show else "name-hidden"
        return await self._changed(reader, "name", said, programId=fields.get("program", ""), showName=show)

    async def leave(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Leave a program."""
        return await self._changed(reader, "leave", "left", programId=fields.get("program", ""))

    async def erase(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Leave a program without a trace; only of who ticked the box."""
        if fields.get("sure") != "yes":
            return Refusal.at("sure", "Tick the box if you mean it: this cannot be undone.")
        return await self._changed(reader, "leave", "erased", programId=fields.get("program", ""), erase=True)

    async def _changed(self, reader: Reader, document: str, said: str, /, **given: object) -> Done | Refusal:
        changed = await self._desk.change(reader, f"console_account_{document}", given)
        return Refusal(changed.faults) if changed.faults else Done(reader.here, said)


def _lasting(speak: Texts, days: str) -> str:
    return speak.say("console-account-days", int(days)) if days else speak.say("console-account-days-ever")


def takes_part(program: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The viewer's part as an editor; None where they only lead or help."""
    return next((part for part in program["viewerParts"] if part["role"] == _EDITS), None)
