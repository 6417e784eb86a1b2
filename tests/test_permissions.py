# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from graph.permissions import (
    NOTHING,
    TABLE,
    Action,
    Part,
    may,
    may_view,
    parts_of,
    program_permissions,
    table,
)
from graph.programs import PasscodePolicy, Program, ProgramStatus, ProgramType, Role, Visibility, Wiki
from tests.resolvers.permission_cases import CASES

DOCUMENT = (Path(__file__).parent.parent / "docs" / "permissions.md").read_text("utf-8")
COLUMNS = (
    Part.ANONYMOUS, Part.SIGNED_IN, Part.EDITOR, Part.VOLUNTEER, Part.FACILITATOR, Part.CAMPAIGN_ORGANIZER, Part.ADMIN,
)  # fmt: skip
# One letter a column: y yes, - no.
ROWS = {
    Action.VIEW_PUBLIC_PROGRAM: "yyyyyyy",
    Action.VIEW_PRIVATE_PROGRAM: "--yyy-y",
    Action.SEE_NAMELESS: "----y-y",
    Action.CREATE: "-yyyyyy",
    Action.OWN_TOKENS: "-yyyyyy",
    Action.CLONE_PROGRAM: "----yyy",
    Action.EDIT_PROGRAM: "----yyy",
    Action.SEE_PASSCODE: "---yyyy",
    Action.JOIN: "-yyyyyy",
    Action.LEAVE: "--yyy-y",
    Action.MANAGE_EDITORS: "----yyy",
    Action.REQUEST_UPDATE: "--yyyyy",
    Action.MANAGE_FACILITATORS: "----yyy",
    Action.EDIT_SESSION: "----yyy",
    Action.WITHDRAW_PROGRAM: "----yyy",
    Action.DELETE_PROGRAM: "----yyy",
    Action.SCREEN_TOKENS: "----yyy",
    Action.EDIT_CAMPAIGN: "-----yy",
    Action.ADD_TO_CAMPAIGN: "------y",
    Action.REMOVE_FROM_CAMPAIGN: "----yyy",
    Action.DELETE_CAMPAIGN: "-----yy",
    Action.EDIT_ORGANIZATION: "------y",
    Action.ADMINISTER: "------y",
}
START = datetime(2026, 1, 1, tzinfo=UTC)
PROGRAM = Program(
    1, "s", "t", "i", None, "", ProgramType.BASIC, Visibility.PUBLIC, START, START, None, None,
    Wiki("enwiki", "en.wikipedia.org", "wikipedia", "en"), PasscodePolicy.NONE, None, True, "x", True, START,
)  # fmt: skip


def test_every_action_has_a_row_here() -> None:
    assert set(ROWS) == set(Action)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize(("column", "part"), list(enumerate(COLUMNS)))
def test_each_part_may_do_what_the_table_says(action: Action, column: int, part: Part) -> None:
    parts = {part} if part is Part.ANONYMOUS else {Part.SIGNED_IN, part}
    assert may(parts, action) is (ROWS[action][column] == "y")


def test_people_without_names_see_themselves_only() -> None:
    assert may({Part.SIGNED_IN, Part.EDITOR}, Action.SEE_NAMELESS, own=True)
    assert not may({Part.SIGNED_IN, Part.VOLUNTEER}, Action.SEE_NAMELESS)


@pytest.mark.parametrize("part", [Part.FACILITATOR, Part.CAMPAIGN_ORGANIZER])
def test_a_program_with_participants_is_deleted_by_admins_only(part: Part) -> None:
    assert not may({Part.SIGNED_IN, part}, Action.DELETE_PROGRAM, participants=True)
    assert may({Part.SIGNED_IN, Part.ADMIN}, Action.DELETE_PROGRAM, participants=True)


def test_a_program_is_added_to_a_campaign_by_who_runs_both() -> None:
    assert may({Part.SIGNED_IN, Part.FACILITATOR, Part.CAMPAIGN_ORGANIZER}, Action.ADD_TO_CAMPAIGN)


def test_a_session_is_edited_by_its_coordinator_and_an_organization_by_its_own() -> None:
    assert may({Part.SIGNED_IN, Part.SESSION_COORDINATOR}, Action.EDIT_SESSION)
    assert may({Part.SIGNED_IN, Part.ORGANIZATION_COORDINATOR}, Action.EDIT_ORGANIZATION)
    assert not may({Part.SIGNED_IN, Part.ORGANIZATION_COORDINATOR}, Action.ADMINISTER)


def test_an_organizer_who_is_not_enrolled_can_do_nothing_with_a_private_program() -> None:
    organizer = {Part.SIGNED_IN, Part.CAMPAIGN_ORGANIZER}
    assert not may(organizer, Action.EDIT_PROGRAM, private=True)
    assert may(organizer | {Part.EDITOR}, Action.EDIT_PROGRAM, private=True)
    assert not may_view(organizer, Visibility.PRIVATE)
    assert may_view(organizer, Visibility.PUBLIC)


def test_roles_make_parts() -> None:
    assert parts_of(signed_in=False, is_admin=True) == {Part.ANONYMOUS}
    assert parts_of(signed_in=True) == {Part.SIGNED_IN}
    assert parts_of(signed_in=True, is_admin=True, roles=list(Role)) == {
        Part.SIGNED_IN, Part.ADMIN, Part.EDITOR, Part.FACILITATOR, Part.VOLUNTEER
    }  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        # One letter each: view, edit, manage editors, delete, see passcode, join, request an update, claim.
        ({Part.ANONYMOUS}, "y-------"),
        ({Part.SIGNED_IN}, "y----y--"),
        ({Part.SIGNED_IN, Part.EDITOR}, "y-----yy"),
        ({Part.SIGNED_IN, Part.VOLUNTEER}, "y---yyy-"),
        ({Part.SIGNED_IN, Part.FACILITATOR}, "yyy-yyy-"),
        ({Part.SIGNED_IN, Part.ADMIN}, "yyyyyyy-"),
    ],
)
def test_a_viewer_is_told_what_may_be_done_with_a_program(parts: set[Part], wanted: str) -> None:
    found = program_permissions(parts, PROGRAM, ProgramStatus.ACTIVE, participants=True)
    assert "".join("y" if may else "-" for may in astuple(found)) == wanted


def test_nobody_can_join_what_is_over() -> None:
    assert not program_permissions({Part.SIGNED_IN}, PROGRAM, ProgramStatus.ENDED, participants=False).join


def test_a_stranger_may_do_nothing_with_a_private_program() -> None:
    private = replace(PROGRAM, visibility=Visibility.PRIVATE)
    assert program_permissions({Part.SIGNED_IN}, private, ProgramStatus.ACTIVE, participants=False) == NOTHING
    assert set(astuple(NOTHING)) == {False}


def test_the_document_has_the_table_as_it_stands() -> None:
    assert table() in DOCUMENT


def test_the_document_says_what_each_mutation_needs() -> None:
    needed: dict[Action, dict[str, None]] = {}
    for case in CASES:
        needed.setdefault(case.action, {})[case.mutation] = None
    rows = [
        f"| {', '.join(f'`{mutation}`' for mutation in needed[action])} | {action} |"
        for action in TABLE
        if action in needed
    ]
    assert "\n".join(rows) in DOCUMENT
