# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has edited and who has not, and what the viewer is in a program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.resolvers.identity import ANONYMOUS
from tests.db.rows import START, Person, World
from tests.schema.asking import Api, signed_in

EDITORS = "editors(edited: EDITED) { totalCount nodes { username } }"
PARTS = '{ program(slug: "botany") { viewerParts { role joinedAt showName } } }'


@pytest.fixture
async def ada(world: World) -> Person:
    """The facilitator of a program with a session and a campaign, in which two edited and two did not."""
    ada, busy, brief = await world.editor("Ada"), await world.editor("Busy"), await world.editor("Brief")
    campaign = await world.campaign("spring", ada)
    program = await world.program("botany", campaigns=[campaign], facilitators=[ada])
    await world.session(program, "evening")
    await world.enroll(program, ada, busy, brief, await world.editor("Quiet"))
    await world.enroll(program, await world.editor("Shy"), show_name=False)
    await world.edit(busy, "Moss", 1)
    await world.edit(brief, "Fern", -1)
    return ada


@pytest.mark.parametrize(
    ("edited", "listed"),
    [("true", ["Brief", "Busy"]), ("false", ["Ada", "Quiet"]), ("null", ["Ada", "Brief", "Busy", "Quiet"])],
)
async def test_only_who_has_edited_is_listed_or_only_who_has_not(
    api: Api, ada: Person, edited: str, listed: list[str]
) -> None:
    wanted = EDITORS.replace("EDITED", edited)
    for query in (f'program(slug: "botany") {{ {wanted} }}', f'campaign(slug: "spring") {{ {wanted} }}'):
        (found,) = (await api.ask(f"{{ {query} }}", ANONYMOUS)).values()
        assert [each["username"] for each in found["editors"]["nodes"]] == listed
        assert found["editors"]["totalCount"] == len(listed)
    query = f'{{ program(slug: "botany") {{ sessions {{ {wanted} }} }} }}'
    (session,) = (await api.ask(query, ANONYMOUS))["program"]["sessions"]
    assert [each["username"] for each in session["editors"]["nodes"]] == listed


async def test_nameless_participants_who_have_not_edited_are_listed_for_facilitators(api: Api, ada: Person) -> None:
    query = f'{{ program(slug: "botany") {{ {EDITORS.replace("EDITED", "false")} }} }}'
    found = (await api.ask(query, signed_in(ada)))["program"]["editors"]["nodes"]
    assert [each["username"] for each in found] == ["Ada", "Quiet", "Shy"]


async def test_viewers_are_told_their_own_parts(api: Api, world: World, ada: Person) -> None:
    def part(role: str, *, shown: bool = True) -> dict[str, Any]:
        return {"role": role, "joinedAt": START.isoformat().replace("+00:00", "Z"), "showName": shown}

    assert (await api.ask(PARTS, signed_in(ada)))["program"]["viewerParts"] == [part("EDITOR"), part("FACILITATOR")]
    row = await world.pool.fetchrow("SELECT id, username FROM editor WHERE username = 'Shy'")
    shy = signed_in(Person(*row))
    assert (await api.ask(PARTS, shy))["program"]["viewerParts"] == [part("EDITOR", shown=False)]
    stranger = signed_in(await world.editor("Stranger"))
    for actor in (stranger, ANONYMOUS):
        assert (await api.ask(PARTS, actor))["program"]["viewerParts"] == []


async def test_the_parts_in_many_programs_cost_one_statement(api: Api, world: World, ada: Person) -> None:
    query = "{ viewer { programs { nodes { slug viewerParts { role } } } } }"
    await api.ask(query, signed_in(ada))
    before = len(api.counting.statements)
    api.counting.statements.clear()
    for number in range(5):
        await world.enroll(await world.program(f"more-{number}", tracking_end=START + timedelta(days=9)), ada)
    api.counting.statements.clear()
    found = (await api.ask(query, signed_in(ada)))["viewer"]["programs"]["nodes"]
    assert len(found) == 6
    assert len(api.counting.statements) == before
