# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for admins of the service: who they are, what failed, and what the wikis' stream did not tell.

For everybody else there is no such page.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.console.desk import Answered, Desk, Done, Refusal
from graph.web.console.sheets import Fields, Sent
from graph.web.reading import Reader
from graph.web.rendering import missing

PATH: Final = "/admin"


def admin_routes(desk: Desk) -> list[BaseRoute]:
    """Return the page's route."""
    page = AdminPage(desk)
    acts = {"grant": page.grant, "revoke": page.revoke, "retry": page.retry, "discard": page.discard}
    return [desk.route(PATH, page.show, acts)]


class AdminPage:
    """Shows the page and takes its forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, reader: Reader, sent: Sent) -> Response:
        """Show the page."""
        data = await self._of_an_admin(reader, "console_admin")
        letters = data["viewer"]["deadLetters"]
        return self._desk.page(
            reader,
            "admin",
            sent,
            viewer=data["viewer"],
            letters=letters,
            programs=await self._programs(reader, letters),
            service=data["service"],
        )

    async def grant(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make somebody an admin."""
        return await self._changed(reader, "grant", {"username": fields.get("username", "")}, "admin-granted")

    async def revoke(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Make somebody an admin no more."""
        username = fields.get("username", "")
        return await self._changed(reader, "revoke", {"username": username}, "admin-revoked", of=username)

    async def retry(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Have a job tried again."""
        return await self._changed(reader, "retry", {"id": fields.get("job", "")}, "admin-retried")

    async def discard(self, reader: Reader, fields: Fields) -> Done | Refusal:
        """Give a job up."""
        return await self._changed(reader, "discard", {"id": fields.get("job", "")}, "admin-discarded")

    async def _changed(
        self, reader: Reader, mutation: str, given: dict[str, str], said: str, of: str = ""
    ) -> Done | Refusal:
        await self._of_an_admin(reader, "console_admin_viewer")
        changed = await self._desk.change(reader, f"console_admin_{mutation}", given)
        return Refusal(changed.faults) if changed.faults else Done(PATH, said, of=of)

    async def _of_an_admin(self, reader: Reader, document: str) -> dict[str, Any]:
        """What the document asks for, where an admin asks."""
        data = await self._desk.ask(reader, document)
        if not (data.get("viewer") or {}).get("isAdmin"):
            raise Answered(missing(reader.speak))
        return data

    async def _programs(self, reader: Reader, letters: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The programs that the jobs were for, by id; one that was deleted since is not among them."""
        asked = list(dict.fromkeys(letter["programId"] for letter in letters))
        found = (await self._desk.ask(reader, "console_admin_programs", {"ids": asked}))["nodes"] if asked else []
        return {each["id"]: each for each in found if each}
