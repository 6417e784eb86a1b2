# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of a program: adding pasted names, the invitation, registration and passcode, roles, removing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.asking import Fault
from graph.web.console.desk import Act, Answered, Desk, Done, Refusal
from graph.web.console.pasting import Outcome, Pasted
from graph.web.console.sheets import DO, Fields, Sent
from graph.web.public_pages import Way
from graph.web.qr_codes import qr_code
from graph.web.reading import Reader
from graph.web.texts import Texts

ROLES: Final = ("ONLINE_VOLUNTEER", "CAMPUS_VOLUNTEER", "STAFF")
"""What somebody can be who helps without leading."""
POLICIES: Final = ("RANDOM", "FIXED", "NONE")
QUIET: Final = "quiet"
"""Who is listed alone: those who have not edited yet."""
LONGEST_SEARCH: Final = 200
_SHOWN, _NAMELESS = "+", "-"


def people_routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes of the people of a program."""
    pages = PeoplePages(desk)
    acts: dict[str, Act] = {
        "look": pages.look,
        "add": pages.add,
        "restore": pages.restore,
        "remove": pages.remove,
        "drop": pages.drop,
        "open": partial(pages.register, is_open=True),
        "close": partial(pages.register, is_open=False),
        "passcode": pages.passcode,
        "renew": pages.renew,
        "lead": pages.lead,
        "unlead": pages.unlead,
        "help": pages.help,
        "unhelp": pages.unhelp,
    }
    return [
        desk.route("/programs/{slug}/manage/people", pages.show, acts),
        desk.route("/programs/{slug}/manage/people/invitation", pages.invitation),
    ]


class PeoplePages:
    """What answers each address and each form."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, reader: Reader, sent: Sent) -> Response:
        """The people of a program. ``?q=`` searches, ``?only=quiet`` lists those who have not edited yet."""
        return await self._page(reader, sent)

    async def _page(
        self, reader: Reader, sent: Sent, outcome: Outcome | None = None, status: int | None = None
    ) -> Response:
        if sent.fields.get(DO) == "look":
            sent = replace(sent, fields={**sent.fields, DO: "add"})
        way = _way(reader, sent.fields or reader.request.query_params)
        asked = {
            "slug": reader.request.path_params["slug"],
            "after": reader.request.query_params.get("after"),
            "search": way.chosen["q"] or None,
            "edited": False if way.chosen["only"] else None,
        }
        program = await self._desk.found(reader, "console_people", "program", asked)
        can = program["viewerCan"]
        sessions = _to_fill(program, str(reader.identity.username))
        if not can["manageEditors"] and not can["seePasscode"] and not sessions:
            return self._desk.refused(reader)
        return self._desk.page(
            reader,
            "people",
            sent,
            status,
            program=program,
            section="people",
            can=can,
            sessions=sessions,
            outcome=outcome,
            way=way,
            sees_nameless=reader.identity.is_admin or _leads(program),
            me=reader.identity.username,
            **_choices(reader.speak, sessions),
            code=_code(program["invitationUrl"]),
        )

    async def invitation(self, reader: Reader, sent: Sent) -> Response:
        """The invitation on a sheet of its own, to print or to show. ``?session=`` (a slug) is that of a session."""
        asked = {"slug": reader.request.path_params["slug"]}
        program = await self._desk.found(
            reader, "console_people_invitation", "program", asked, may=("seePasscode", "manageEditors")
        )
        chosen = reader.request.query_params.get("session")
        session = next((each for each in program["sessions"] if each["slug"] == chosen), None)
        address = (session or program)["invitationUrl"]
        return self._desk.page(
            reader, "people_invitation", sent, program=program, session=session, address=address, code=_code(address)
        )

    async def look(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Show what adding the pasted names would come to; nothing changes, so it may be sent again."""
        pasted = await self._pasted(reader, fields)
        if isinstance(pasted, Refusal):
            return pasted
        asked = {"program": pasted.program, "usernames": list(pasted.names), "session": pasted.session}
        data = (await self._desk.ask(reader, "console_people_preview", asked)).get("editorsPreview") or {}
        faults = [Fault(each["code"], tuple(each["field"] or ()), each["message"]) for each in data.get("errors", ())]
        if (refusal := pasted.refusal(faults)) is not None:
            return refusal
        outcome = pasted.became(data["added"], data["pending"], faults, changed=False)
        raise Answered(await self._page(reader, Sent({**fields, DO: "add"}), outcome))

    async def add(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Add the pasted names; those that can be mended stay in the field."""
        pasted = await self._pasted(reader, fields)
        if isinstance(pasted, Refusal):
            return pasted
        changed = await self._desk.change(reader, "console_people_add", pasted.given(show=fields.get("show") == "yes"))
        if (refusal := pasted.refusal(changed.faults)) is not None:
            return refusal
        added, pending = [each["username"] for each in changed.value["added"]], changed.value["pending"]
        outcome = pasted.became(added, pending, changed.faults, changed=True)
        if not changed.faults:
            said = "people-added-some-wait" if pending else "people-added"
            return Done(reader.here, said, (len(added), len(pending)))
        left = Sent({**fields, DO: "add", "names": "\n".join(name for name, _ in outcome.refused)})
        return await self._page(reader, left, outcome, 422 if outcome.refused else 200)

    async def _pasted(self, reader: Reader, fields: Fields) -> Pasted | Refusal:
        pasted = Pasted.of(await self._program(reader), fields)
        return pasted if pasted.names else Refusal.at("names", "Paste at least one name.")

    async def restore(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Take somebody back who was removed, shown by name or not as before."""
        name, shown = fields.get("name", ""), fields.get("shown") != "no"
        given = {"programId": await self._program(reader), "usernames": [name], "showNames": shown}
        changed = await self._desk.change(reader, "console_people_add", given)
        if changed.faults:
            return Refusal(changed.faults)
        return Done(_way(reader, fields).to(), "person-back" if changed.value["added"] else "person-back-soon")

    async def remove(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Remove an editor; the page that follows can take them back."""
        sign = _NAMELESS if fields.get("shown") == "no" else _SHOWN
        return await self._named(reader, fields, "remove", "person-removed", sign + fields.get("name", ""))

    async def drop(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Let a pending or unknown name go."""
        return await self._named(reader, fields, "remove", "name-dropped", _SHOWN + fields.get("name", ""))

    async def lead(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Make somebody a facilitator."""
        return await self._named(reader, fields, "lead", "facilitator-added")

    async def unlead(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Make somebody a facilitator no more; whoever gives up their own part cannot take it back, and says so."""
        name = fields.get("name", "")
        if name != reader.identity.username:
            return await self._named(reader, fields, "unlead", "facilitator-removed", name)
        if fields.get("sure") != "yes":
            return Refusal.at("", "Say that you mean it: you cannot undo this yourself.")
        done = await self._named(reader, fields, "unlead", "facilitator-left")
        return Done("/my", done.said) if isinstance(done, Done) else done

    async def help(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Give somebody a volunteer's role."""
        return await self._named(reader, fields, "help", "volunteer-added", role=fields.get("role", ""))

    async def unhelp(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Take a volunteer's role from somebody."""
        role = fields.get("role", "")
        undo = f"{role} {fields.get('name', '')}"
        return await self._named(reader, fields, "unhelp", "volunteer-removed", undo, role=role)

    async def _named(
        self, reader: Reader, fields: Fields, document: str, said: str, undo: str = "", /, **more: str
    ) -> Done | Refusal:
        """A change of one person, by username; ``undo`` is what its undoing needs to know."""
        given = {"programId": await self._program(reader), "username": fields.get("name", ""), **more}
        changed = await self._desk.change(reader, f"console_people_{document}", given)
        if changed.faults:
            return Refusal(changed.faults, {"username": "name"})
        return Done(_way(reader, fields).to(), said, of=undo)

    async def register(self, reader: Reader, _fields: Fields, *, is_open: bool) -> Done | Refusal | Response:
        """Open or close registration."""
        said = "registration-opened" if is_open else "registration-closed"
        return await self._update(reader, said, registrationOpen=is_open)

    async def passcode(self, reader: Reader, fields: Fields) -> Done | Refusal | Response:
        """Change how one gets in without the link."""
        policy = fields.get("policy", "")
        given = {"passcode": fields.get("passcode", "").strip()} if policy == "FIXED" else {}
        return await self._update(reader, "passcode-saved", passcodePolicy=policy, **given)

    async def _update(self, reader: Reader, said: str, **given: object) -> Done | Refusal:
        given["id"] = await self._program(reader)
        changed = await self._desk.change(reader, "console_people_update", given)
        if changed.faults:
            return Refusal(changed.faults, {"passcodePolicy": "policy"})
        return Done(reader.here, said)

    async def renew(self, reader: Reader, _fields: Fields) -> Done | Refusal | Response:
        """Replace the invitation; the old one is worthless."""
        changed = await self._desk.change(reader, "console_people_renew", {"programId": await self._program(reader)})
        return Refusal(changed.faults) if changed.faults else Done(reader.here, "invitation-renewed")

    async def _program(self, reader: Reader) -> str:
        """The id of the page's program."""
        asked = {"slug": reader.request.path_params["slug"]}
        return str((await self._desk.found(reader, "console_people_program", "program", asked))["id"])


def _to_fill(program: Mapping[str, Any], me: str) -> list[Mapping[str, Any]]:
    """The sessions that the reader may give participants: all, or those that they coordinate."""
    if program["viewerCan"]["manageEditors"]:
        return list(program["sessions"])
    return [each for each in program["sessions"] if me in {person["username"] for person in each["coordinators"]}]


def _choices(speak: Texts, sessions: list[Mapping[str, Any]]) -> dict[str, object]:
    """What the page's forms let one choose from: values with what is said of them."""
    hints = {
        "RANDOM": speak.say("console-people-policy-random-hint"),
        "NONE": speak.say("console-people-policy-none-hint"),
    }
    return {
        "session_choices": [(each["id"], f"{each['title']}, {speak.moment(each['start'])} UTC") for each in sessions],
        "role_choices": [(role, speak.say(f"console-people-role-{role.lower().replace('_', '-')}")) for role in ROLES],
        "policy_choices": [
            (policy, speak.say(f"console-people-policy-{policy.lower()}"), hints.get(policy, "")) for policy in POLICIES
        ],
    }


def _leads(program: Mapping[str, Any]) -> bool:
    return any(part["role"] == "FACILITATOR" for part in program["viewerParts"])


def _code(address: str | None) -> Markup | None:
    """The QR code of an invitation: our own SVG."""
    return None if address is None else Markup(qr_code(address))


def _way(reader: Reader, given: Mapping[str, str]) -> Way:
    """The page, with what of the list of participants an address or a form chooses."""
    only = given.get("only", "")
    search = given.get("q", "").strip()[:LONGEST_SEARCH]
    return Way(reader.here, {"q": search, "only": only if only == QUIET else ""})
