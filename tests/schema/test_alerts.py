# SPDX-License-Identifier: GPL-3.0-or-later
"""What the wikis reverted and deleted: who is told, of what, and how often."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.db import alerts
from graph.edits import PageDeleted, PageUndeleted, RevisionTagged
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.db.rows import NOW, Person, World
from tests.schema.asking import Api, signed_in

QUERY = "{ program(slug: %r) { alerts { kind edits edit { editor { username } article { title deleted } } } } }"
SOON = NOW + timedelta(seconds=1)


async def told(api: Api, actor: Actor = ANONYMOUS, slug: str = "fair") -> Any:
    found = (await api.ask(QUERY.replace("%r", f'"{slug}"'), actor))["program"]["alerts"]
    return found and [
        (each["kind"], each["edits"], each["edit"]["article"]["title"], (each["edit"]["editor"] or {}).get("username"))
        for each in found
    ]


@pytest.fixture
async def lead(world: World) -> Actor:
    return signed_in(await world.editor("Lead"))


async def test_a_deleted_page_is_one_alert_however_many_edits_go_with_it(api: Api, world: World, lead: Actor) -> None:
    editor = await world.editor("Ada")
    program = await world.program("fair", facilitators=[person(lead)])
    await world.enroll(program, editor)
    for size in (10, 20, 30):
        await world.edit(editor, "Moss", size)
    reverted = await world.edit(editor, "Fern", 10)
    await world.take_in(changes=[RevisionTagged("enwiki", reverted, True, SOON)])
    await world.take_in(changes=[PageDeleted("enwiki", world.page_id("Moss"), SOON)])
    assert await told(api, lead) == [("DELETED", 3, "Moss", "Ada"), ("REVERTED", 1, "Fern", "Ada")]
    await world.take_in(
        changes=[PageUndeleted("enwiki", world.page_id("Moss"), 0, "Moss", SOON + timedelta(seconds=1))]
    )
    assert await told(api, lead) == [("REVERTED", 1, "Fern", "Ada")]


async def test_only_who_runs_the_program_is_told(api: Api, world: World, lead: Actor) -> None:
    editor, organizer = await world.editor("Ada"), await world.editor("Organizer")
    campaign = await world.campaign("spring", organizer)
    program = await world.program("fair", facilitators=[person(lead)], campaigns=[campaign])
    await world.enroll(program, editor)
    assert await told(api) is None
    assert await told(api, signed_in(editor)) is None
    assert await told(api, lead) == []
    assert await told(api, signed_in(organizer)) == []


async def test_an_organizer_who_may_not_know_of_nameless_participants_is_not_told_of_their_edits(
    api: Api, world: World, lead: Actor
) -> None:
    nameless, organizer = await world.editor("Nameless"), await world.editor("Organizer")
    campaign = await world.campaign("spring", organizer)
    program = await world.program("fair", facilitators=[person(lead)], campaigns=[campaign])
    await world.enroll(program, nameless, show_name=False)
    revision = await world.edit(nameless, "Moss", 10)
    await world.take_in(changes=[RevisionTagged("enwiki", revision, True, SOON)])
    assert await told(api, lead) == [("REVERTED", 1, "Moss", "Nameless")]
    assert await told(api, signed_in(organizer)) == []


async def test_another_programs_alerts_are_not_this_ones_and_there_are_no_more_than_twenty(
    api: Api, world: World, lead: Actor
) -> None:
    ada, bo = await world.editor("Ada"), await world.editor("Bo")
    for slug, editor in (("fair", ada), ("other", bo)):
        await world.enroll(await world.program(slug, facilitators=[person(lead)]), editor)
    revisions = [await world.edit(ada, f"Page {number}", 10) for number in range(alerts.MOST + 2)]
    await world.take_in(changes=[RevisionTagged("enwiki", revision, True, SOON) for revision in revisions])
    assert len(await told(api, lead)) == alerts.MOST
    assert await told(api, lead, "other") == []


def person(actor: Actor) -> Person:
    assert actor.editor_id is not None
    assert actor.username is not None
    return Person(actor.editor_id, actor.username)
