# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards that are taken off the screens of a program: told to all of them, kept, and nothing else changed."""

from __future__ import annotations

from typing import Any

import pytest

from graph.db import activity
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import NOW, START, World
from tests.resolvers.stage import Stage

SHOWN = """query($slug: String!) { program(slug: $slug) {
    hiddenCards metrics { totalEdits version } edits { nodes { id } } sessions { hiddenCards } }
    campaign(slug: "Spring") { hiddenCards } }"""
ANY = ids.encode_edit("enwiki", 999_999_999)


@pytest.fixture
async def program(stage: Stage, amara: Actor) -> dict[str, Any]:
    """A program in a campaign, with a session, two edits that are shown and one of somebody nameless."""
    world = World(stage.pool)
    await stage.done("createCampaign", amara, title="Spring")
    made = await stage.program(amara, campaignSlug="Spring")
    number = ids.number(made["id"], ids.Kind.PROGRAM)
    await world.session(number, "all_day", START, NOW)
    grace, shy = await world.editor("Grace"), await world.editor("Shy")
    await world.enroll(number, grace)
    await world.enroll(number, shy, show_name=False)
    for person, title in ((grace, "Moss"), (grace, "Fern"), (shy, "Secret")):
        await world.edit(person, title, 10)
    return made


async def shown(stage: Stage, program: dict[str, Any], actor: Actor = ANONYMOUS) -> dict[str, Any]:
    return dict(await stage.api.ask(SHOWN, actor, slug=program["slug"]))


async def told(stage: Stage, number: int, after: int) -> list[activity.Activity]:
    """What followers of a collection are told since."""
    async with stage.pool.acquire() as conn:
        return await activity.of_one(conn, number, after, (await activity.position(conn)).newest, 100)


async def test_a_hidden_card_is_told_to_the_program_its_session_and_its_campaign_and_goes_on_counting(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    before = await shown(stage, program)
    edit = before["program"]["edits"]["nodes"][0]["id"]
    async with stage.pool.acquire() as conn:
        newest = (await activity.position(conn)).newest
        collections = await conn.fetch(
            "SELECT id FROM program UNION ALL SELECT id FROM session UNION ALL SELECT id FROM campaign"
        )

    await stage.done("hideCard", amara, programId=program["id"], editId=edit)
    await stage.done("hideCard", amara, programId=program["id"], editId=edit)

    after = await shown(stage, program)
    hidden = [after["program"]["hiddenCards"], after["program"]["sessions"][0]["hiddenCards"]]
    assert [*hidden, after["campaign"]["hiddenCards"]] == [[edit]] * 3
    assert after["program"]["metrics"] == before["program"]["metrics"]
    assert after["program"]["edits"] == before["program"]["edits"]
    for row in collections:
        (entry,) = await told(stage, row["id"], newest)
        assert isinstance(entry, activity.CardHidden)
        assert ids.encode_edit(entry.wiki, entry.revision_id) == edit


async def test_a_card_that_is_shown_again_is_told_once_and_hidden_nowhere(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    before = await shown(stage, program)
    edit = before["program"]["edits"]["nodes"][0]["id"]
    await stage.done("showCard", amara, programId=program["id"], editId=edit)  # it is not hidden: nothing happens
    await stage.done("hideCard", amara, programId=program["id"], editId=edit)
    async with stage.pool.acquire() as conn:
        newest = (await activity.position(conn)).newest
        collections = await conn.fetch(
            "SELECT id FROM program UNION ALL SELECT id FROM session UNION ALL SELECT id FROM campaign"
        )

    await stage.done("showCard", amara, programId=program["id"], editId=edit)
    await stage.done("showCard", amara, programId=program["id"], editId=edit)

    assert await shown(stage, program) == before
    for row in collections:
        (entry,) = await told(stage, row["id"], newest)
        assert isinstance(entry, activity.CardShown)
        assert ids.encode_edit(entry.wiki, entry.revision_id) == edit


@pytest.mark.parametrize("mutation", ["hideCard", "showCard"])
async def test_only_who_runs_the_program_hides_and_shows_and_only_what_is_shown(
    stage: Stage, amara: Actor, program: dict[str, Any], mutation: str
) -> None:
    stranger = await stage.person("Stranger")
    edit = (await shown(stage, program))["program"]["edits"]["nodes"][0]["id"]
    secret = await stage.pool.fetchval("SELECT revision_id FROM edit ORDER BY revision_id DESC LIMIT 1")
    before = await stage.dump()
    for actor, given, code, field in (
        (ANONYMOUS, edit, "NOT_SIGNED_IN", None),
        (stranger, edit, "NOT_ALLOWED", None),
        (amara, ANY, "NOT_FOUND", "editId"),
        (amara, ids.encode_edit("enwiki", secret), "NOT_FOUND", "editId"),
        (amara, program["id"], "NOT_FOUND", "editId"),
    ):
        refused = await stage.refused(mutation, actor, programId=program["id"], editId=given)
        assert refused == [(code, field)]
    assert await stage.dump() == before
