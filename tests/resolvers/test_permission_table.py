# SPDX-License-Identifier: GPL-3.0-or-later
"""Every part × every mutation × a public and a private program: allowed or refused exactly as the table says.

What is refused leaves the database as it was, byte for byte; and of a private program whoever may not view it learns
what they learn of one that does not exist.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest

from graph.permissions import Action, Part, may, may_view
from graph.programs import Visibility
from graph.resolvers.identity import Actor
from graph.schema.root import schema
from tests.conftest import new_database
from tests.resolvers.permission_cases import CASES, NOWHERE, Case
from tests.resolvers.permission_scene import OneConnection, Place, Scene, build, numbered
from tests.resolvers.stage import Stage

_ROWS = "SELECT '{0}.{1}', (SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM {0}.\"{1}\" t)"
_WITHOUT_EDITORS = "DELETE FROM enrollment WHERE program_id = $1 AND role = 'EDITOR'"


@pytest.fixture(scope="module")
def furnished(server_url: str, template: str) -> Iterator[tuple[str, Scene]]:
    """A database with the scene in it; every test undoes what it does."""
    with new_database(server_url, template) as url, ThreadPoolExecutor(1) as aside:
        yield url, aside.submit(asyncio.run, build(url)).result()


@pytest.fixture
async def conn(furnished: tuple[str, Scene]) -> AsyncIterator[Any]:
    opened = await asyncpg.connect(furnished[0])
    yield opened
    await opened.close()


@pytest.fixture
def scene(furnished: tuple[str, Scene]) -> Scene:
    return furnished[1]


async def everything(conn: Any) -> str:
    """A statement that reads every row of every table."""
    tables = await conn.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'jobs') ORDER BY 1, 2"
    )
    return " UNION ALL ".join(_ROWS.format(*row) for row in tables)


def everybody(scene: Scene, case: Case) -> list[tuple[Part, Actor, frozenset[Part]]]:
    """Somebody of each part with the parts they have; the last both facilitates and organizes."""
    alone = [
        (part, actor, frozenset({part} if part is Part.ANONYMOUS else {part, Part.SIGNED_IN}))
        for part, actor in scene.actors.items()
        if not (case.empty and part is Part.EDITOR)
    ]
    both = frozenset({Part.FACILITATOR, Part.CAMPAIGN_ORGANIZER, Part.SIGNED_IN})
    return [*alone, (Part.FACILITATOR, scene.both, both)]


def expected(case: Case, part: Part, parts: Collection[Part], visibility: Visibility) -> str | None:
    """The code that somebody is told, None where they succeed. The table decides, and nothing else."""
    private = visibility is Visibility.PRIVATE and case.of is not None
    if private and not may_view(parts, visibility):
        return "NOT_FOUND"
    if may(parts, case.action, private=private, participants=not case.empty):
        return case.told.get(part)
    if Part.ANONYMOUS in parts:
        return "NOT_SIGNED_IN"
    return "HAS_PARTICIPANTS" if may(parts, case.action, private=private) else case.refusal


def named(case: Case) -> str:
    return case.mutation + (" of an empty program" if case.empty else "")


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("case", CASES, ids=named)
async def test_each_part_is_allowed_or_refused_as_the_table_says(
    conn: Any, scene: Scene, case: Case, visibility: Visibility
) -> None:
    stage = Stage(OneConnection(conn))
    stage.users.add("Newcomer")
    place, rows = scene.places[visibility], await everything(conn)
    for part, actor, parts in everybody(scene, case):
        async with undone(conn):
            if case.empty:
                await conn.execute(_WITHOUT_EDITORS, numbered(place.program))
            before = await conn.fetch(rows)
            payload = await stage.change(case.mutation, actor, **case.fields(scene, place, actor))
            changed = await conn.fetch(rows) != before
        wanted = expected(case, part, parts, visibility)
        codes = [fault["code"] for fault in payload["userErrors"]]
        assert (sorted(parts), codes, changed) == (sorted(parts), [wanted] if wanted else [], wanted is None)
        if wanted == "NOT_FOUND":
            assert payload == await of_nothing(stage, case, scene, place, actor)


async def of_nothing(stage: Stage, case: Case, scene: Scene, place: Place, actor: Actor) -> dict[str, Any]:
    """What somebody is told of a program (a session, a token) that does not exist."""
    assert case.of is not None
    return await stage.change(case.mutation, actor, **case.fields(scene, place, actor) | {case.of: NOWHERE[case.kind]})


@pytest.mark.parametrize("visibility", list(Visibility))
async def test_each_viewer_is_told_what_the_table_says(conn: Any, scene: Scene, visibility: Visibility) -> None:
    stage = Stage(OneConnection(conn))
    query = """query($id: ID!) { node(id: $id) { ... on Program {
        viewerCan { view edit manageEditors delete seePasscode join } passcode invitationUrl } } }"""
    private = visibility is Visibility.PRIVATE
    for part, actor, parts in everybody(scene, CASES[0]):
        found = (await stage.api.ask(query, actor, id=scene.places[visibility].program))["node"]

        def allowed(action: Action, parts: frozenset[Part] = parts) -> bool:
            return may(parts, action, private=private, participants=True)

        if not may_view(parts, visibility):
            assert found is None, part
            continue
        assert found["viewerCan"] == {
            "view": True,
            "edit": allowed(Action.EDIT_PROGRAM),
            "manageEditors": allowed(Action.MANAGE_EDITORS),
            "delete": allowed(Action.DELETE_PROGRAM),
            "seePasscode": allowed(Action.SEE_PASSCODE),
            "join": allowed(Action.JOIN) and part is not Part.EDITOR,
        }, part
        assert (found["passcode"] is not None) == allowed(Action.SEE_PASSCODE), part
        assert (found["invitationUrl"] is not None) == allowed(Action.SEE_PASSCODE), part


class undone:  # noqa: N801 - reads as a word
    """A transaction of which nothing stays."""

    def __init__(self, conn: Any) -> None:
        self._transaction = conn.transaction()

    async def __aenter__(self) -> None:
        await self._transaction.start()

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()


def test_every_mutation_is_here() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert set(mutations.fields) - {case.mutation for case in CASES} == set()


def test_every_action_that_changes_something_is_here() -> None:
    reading = {Action.VIEW_PUBLIC_PROGRAM, Action.VIEW_PRIVATE_PROGRAM, Action.SEE_NAMELESS, Action.SEE_PASSCODE}
    assert {case.action for case in CASES} == set(Action) - reading
