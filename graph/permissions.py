# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: one table, as data.

Every mutation, ``viewerCan`` and docs/permissions.md read it. Somebody has several parts at once (a facilitator is also
signed in); what any of them may do, they may do. Whoever may not view a private program learns nothing of it at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from graph.programs import Program, ProgramStatus, Role, Visibility


class Part(StrEnum):
    """What somebody is, towards a program, a campaign, an organization or the whole service."""

    ANONYMOUS = "anonymous"
    SIGNED_IN = "signed-in"
    EDITOR = "editor"
    VOLUNTEER = "volunteer"
    SESSION_COORDINATOR = "session coordinator"
    FACILITATOR = "facilitator"
    CAMPAIGN_ORGANIZER = "campaign organizer"
    ORGANIZATION_COORDINATOR = "organization coordinator"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody may want to do."""

    VIEW_PUBLIC_PROGRAM = "view a public program, its numbers, lists and activity"
    VIEW_PRIVATE_PROGRAM = "view a private program"
    SEE_NAMELESS = "see nameless participants"
    CREATE = "create a program or a campaign"
    OWN_TOKENS = "make and revoke access tokens for oneself"
    CLONE_PROGRAM = "clone a program"
    EDIT_PROGRAM = "edit details, dates, wikis, scopes, goals, sessions, exclusions, assignments of others"
    SEE_PASSCODE = "see the passcode and the invitation"
    JOIN = "join (with passcode or invitation, registration open, not ended)"
    LEAVE = "leave, erase oneself, set one's own showName, claim or release an article for oneself"
    MANAGE_EDITORS = "add or remove editors, give volunteer roles"
    REQUEST_UPDATE = "request an update"
    MANAGE_FACILITATORS = "add or remove facilitators (never the last)"
    EDIT_SESSION = "edit a session, add its participants"
    WITHDRAW_PROGRAM = "withdraw a program, restore it"
    DELETE_PROGRAM = "delete a program"
    SCREEN_TOKENS = "make and revoke screen tokens"
    EDIT_CAMPAIGN = "edit a campaign, its organizers, defaults and template"
    ADD_TO_CAMPAIGN = "add a program to a campaign"
    REMOVE_FROM_CAMPAIGN = "remove a program from a campaign"
    DELETE_CAMPAIGN = "delete a campaign (its programs stay)"
    EDIT_ORGANIZATION = "edit an organization and its coordinators"
    ADMINISTER = "create an organization, grant admin, see dead letters"


class Answer(StrEnum):
    """What a cell of the table says."""

    YES = "yes"
    OWN = "their own only"
    UNLESS_PARTICIPANTS = "while the program has no participants"
    WITH_BOTH = "if facilitator of the program and organizer of the campaign"


_YES, _OWN = Answer.YES, Answer.OWN
_EMPTY, _BOTH = Answer.UNLESS_PARTICIPANTS, Answer.WITH_BOTH
_P = Part
_EVERYBODY = dict.fromkeys(Part, _YES)
_SIGNED_IN: Mapping[Part, Answer] = {part: _YES for part in Part if part is not _P.ANONYMOUS}
_RUNS = dict.fromkeys((_P.FACILITATOR, _P.CAMPAIGN_ORGANIZER, _P.ADMIN), _YES)

# What is not in a row is refused.
TABLE: Mapping[Action, Mapping[Part, Answer]] = {
    Action.VIEW_PUBLIC_PROGRAM: _EVERYBODY,
    # A session's coordinator could not do the work without seeing the program.
    Action.VIEW_PRIVATE_PROGRAM: dict.fromkeys(
        (_P.EDITOR, _P.VOLUNTEER, _P.SESSION_COORDINATOR, _P.FACILITATOR, _P.ADMIN), _YES
    ),
    Action.SEE_NAMELESS: {_P.SIGNED_IN: _OWN, _P.EDITOR: _OWN, _P.FACILITATOR: _YES, _P.ADMIN: _YES},
    Action.CREATE: _SIGNED_IN,
    Action.OWN_TOKENS: _SIGNED_IN,
    Action.CLONE_PROGRAM: _RUNS,
    Action.EDIT_PROGRAM: _RUNS,
    Action.SEE_PASSCODE: {_P.VOLUNTEER: _YES, **_RUNS},
    Action.JOIN: _SIGNED_IN,
    Action.LEAVE: dict.fromkeys((_P.EDITOR, _P.VOLUNTEER, _P.FACILITATOR, _P.ADMIN), _YES),
    Action.MANAGE_EDITORS: _RUNS,
    Action.REQUEST_UPDATE: {_P.EDITOR: _YES, _P.VOLUNTEER: _YES, **_RUNS},
    Action.MANAGE_FACILITATORS: _RUNS,
    Action.EDIT_SESSION: {_P.SESSION_COORDINATOR: _YES, **_RUNS},
    Action.WITHDRAW_PROGRAM: _RUNS,
    Action.DELETE_PROGRAM: {_P.FACILITATOR: _EMPTY, _P.CAMPAIGN_ORGANIZER: _EMPTY, _P.ADMIN: _YES},
    Action.SCREEN_TOKENS: _RUNS,
    Action.EDIT_CAMPAIGN: {_P.CAMPAIGN_ORGANIZER: _YES, _P.ADMIN: _YES},
    Action.ADD_TO_CAMPAIGN: {_P.FACILITATOR: _BOTH, _P.CAMPAIGN_ORGANIZER: _BOTH, _P.ADMIN: _YES},
    Action.REMOVE_FROM_CAMPAIGN: _RUNS,
    Action.DELETE_CAMPAIGN: {_P.CAMPAIGN_ORGANIZER: _YES, _P.ADMIN: _YES},
    Action.EDIT_ORGANIZATION: {_P.ORGANIZATION_COORDINATOR: _YES, _P.ADMIN: _YES},
    Action.ADMINISTER: {_P.ADMIN: _YES},
}

_PART_OF_ROLE: Mapping[Role, Part] = {
    Role.EDITOR: Part.EDITOR,
    Role.FACILITATOR: Part.FACILITATOR,
    Role.ONLINE_VOLUNTEER: Part.VOLUNTEER,
    Role.CAMPUS_VOLUNTEER: Part.VOLUNTEER,
    Role.STAFF: Part.VOLUNTEER,
}


@dataclass(frozen=True, slots=True)
class ProgramPermissions:
    """What somebody may do with one program now."""

    view: bool
    edit: bool
    manage_editors: bool
    delete: bool
    see_passcode: bool
    join: bool
    request_update: bool
    claim: bool


NOTHING = ProgramPermissions(False, False, False, False, False, False, False, False)


def parts_of(*, signed_in: bool, is_admin: bool = False, roles: Collection[Role] = ()) -> frozenset[Part]:
    """The parts of somebody with these roles in a program (before campaigns and sessions are looked at)."""
    if not signed_in:
        return frozenset({Part.ANONYMOUS})
    admin = {Part.ADMIN} if is_admin else set()
    return frozenset({Part.SIGNED_IN, *admin, *(_PART_OF_ROLE[role] for role in roles)})


def may(
    parts: Collection[Part], action: Action, *, private: bool = False, participants: bool = False, own: bool = False
) -> bool:
    """Whether somebody with these parts may do this.

    ``private``: it concerns a private program, which they must be allowed to view as well. ``participants``: the
    program has some. ``own``: it concerns nobody but themselves.
    """
    if private and not may(parts, Action.VIEW_PRIVATE_PROGRAM):
        return False
    both = Part.FACILITATOR in parts and Part.CAMPAIGN_ORGANIZER in parts
    holds = {Answer.YES: True, Answer.OWN: own, Answer.UNLESS_PARTICIPANTS: not participants, Answer.WITH_BOTH: both}
    row = TABLE[action]
    return any(holds[row[part]] for part in parts if part in row)


def may_view(parts: Collection[Part], visibility: Visibility) -> bool:
    """Whether somebody with these parts may know of a program with this visibility."""
    return visibility is Visibility.PUBLIC or may(parts, Action.VIEW_PRIVATE_PROGRAM)


def program_permissions(
    parts: Collection[Part], program: Program, status: ProgramStatus, *, participants: bool
) -> ProgramPermissions:
    """What somebody with these parts may do with ``program`` now; ``participants``: it has some."""
    private = program.visibility is Visibility.PRIVATE
    if not may_view(parts, program.visibility):
        return NOTHING
    is_open = program.registration_open and status is not ProgramStatus.ENDED
    return ProgramPermissions(
        view=True,
        edit=may(parts, Action.EDIT_PROGRAM, private=private),
        manage_editors=may(parts, Action.MANAGE_EDITORS, private=private),
        delete=may(parts, Action.DELETE_PROGRAM, private=private, participants=participants),
        see_passcode=may(parts, Action.SEE_PASSCODE, private=private),
        join=is_open and Part.EDITOR not in parts and may(parts, Action.JOIN),
        request_update=may(parts, Action.REQUEST_UPDATE, private=private),
        claim=Part.EDITOR in parts and status is not ProgramStatus.ENDED,
    )


def table() -> str:
    """The Markdown table of who may do what, as it stands in docs/permissions.md."""
    lines = [f"| action | {' | '.join(Part)} |", "|---" * (len(Part) + 1) + "|"]
    for action, row in TABLE.items():
        cells = ("–" if part not in row else "✓" if row[part] is Answer.YES else row[part] for part in Part)
        lines.append(f"| {action} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
