# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules written as SQL are the rules of the table of permissions."""

from __future__ import annotations

import pytest

from graph.db import catalogue, people
from graph.db.pool import Pool
from graph.db.visibility import Viewer
from graph.paging import EditorQuery, Slice, Within
from graph.permissions import Action, Part, may, may_view
from graph.programs import Visibility
from tests.db.rows import World

ROLES = {
    Part.EDITOR: "EDITOR",
    Part.VOLUNTEER: "CAMPUS_VOLUNTEER",
    Part.FACILITATOR: "FACILITATOR",
}


async def everybody(world: World, program: int, campaign: int, organization: int) -> dict[Part, Viewer]:
    """One viewer of each kind."""
    viewers = {Part.ANONYMOUS: Viewer(None)}
    people = {part: await world.editor(part.value) for part in Part if part is not Part.ANONYMOUS}
    for part, role in ROLES.items():
        await world.enroll(program, people[part], role=role)
    await world.session(program, "evening", coordinators=[people[Part.SESSION_COORDINATOR]])
    for table, column, number, part in (
        ("campaign_organizer", "campaign_id", campaign, Part.CAMPAIGN_ORGANIZER),
        ("organization_coordinator", "organization_id", organization, Part.ORGANIZATION_COORDINATOR),
    ):
        await world.pool.execute(f"INSERT INTO {table} ({column}, editor_id) VALUES ($1, $2)", number, people[part].id)
    for part, person in people.items():
        viewers[part] = Viewer(person.id, part is Part.ADMIN)
    return viewers


@pytest.mark.parametrize("visibility", list(Visibility))
async def test_a_program_exists_for_exactly_those_who_may_view_it(pool: Pool, visibility: Visibility) -> None:
    world = World(pool)
    organization = await world.organization("wmxx")
    campaign = await world.campaign("spring", organization_id=organization)
    program = await world.program("botany", visibility=visibility, campaigns=[campaign])
    viewers = await everybody(world, program, campaign, organization)

    seen = {
        part: program in await catalogue.programs_by_id(pool, viewer, [program]) for part, viewer in viewers.items()
    }

    assert seen == {part: may_view({part}, visibility) for part in viewers}


async def test_a_nameless_participant_is_known_to_exactly_those_who_may_see_one(pool: Pool) -> None:
    world = World(pool)
    organization = await world.organization("wmxx")
    campaign = await world.campaign("spring", organization_id=organization)
    program = await world.program("botany", campaigns=[campaign])
    viewers = await everybody(world, program, campaign, organization)
    shy = await world.editor("Shy")
    await world.enroll(program, shy, show_name=False)
    query = EditorQuery(Within.PROGRAM, "shy")

    seen = {
        part: await people.count_participants(pool, viewer, [program], query) == {program: 1}
        for part, viewer in viewers.items()
    }

    assert seen == {part: may({part}, Action.SEE_NAMELESS) for part in viewers}
    own = await people.participants(pool, Viewer(shy.id), [program], query, Slice(10))
    assert [item.value.enrollment.editor.username for item in own[program].items] == ["Shy"]


async def test_the_standing_of_each_viewer_is_what_they_are(pool: Pool) -> None:
    world = World(pool)
    organization = await world.organization("wmxx")
    campaign = await world.campaign("spring", organization_id=organization)
    program = await world.program("botany", campaigns=[campaign])
    viewers = await everybody(world, program, campaign, organization)

    found = {part: (await people.standings(pool, viewer, [program]))[program].parts for part, viewer in viewers.items()}

    signed_in = {part: {Part.SIGNED_IN, part} for part in viewers}
    # An organization's coordinator is nothing special to a program.
    expected = {**signed_in, Part.ANONYMOUS: {Part.ANONYMOUS}, Part.ORGANIZATION_COORDINATOR: {Part.SIGNED_IN}}
    assert found == expected
