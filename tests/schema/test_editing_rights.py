# SPDX-License-Identifier: GPL-3.0-or-later
"""What the viewer may do with campaigns, organizations and available articles, and the articles that are left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.resolvers.identity import ANONYMOUS, Actor
from tests.db.rows import NOW, Person, World
from tests.schema.asking import Api, signed_in

RIGHTS = """{
  campaign(slug: "culture") { defaultPasscode viewerCan { edit } }
  organization(slug: "museum") { viewerCan { edit } }
}"""
LISTED = """query($search: String, $excluded: Boolean) {
  program(slug: "moss") { articles(search: $search, excluded: $excluded) { totalCount nodes { title } } }
}"""


@pytest.fixture
async def people(world: World) -> dict[str, Person]:
    found = {name: await world.editor(name) for name in ("Organizer", "Coordinator", "Anybody")}
    organization = await world.organization("museum", found["Coordinator"])
    await world.campaign(
        "culture", found["Organizer"], organization_id=organization, default_passcode_policy="FIXED",
        default_passcode="sesame",
    )  # fmt: skip
    return found


async def rights(api: Api, actor: Actor) -> tuple[Any, ...]:
    found = await api.ask(RIGHTS, actor)
    campaign, organization = found["campaign"], found["organization"]
    return campaign["viewerCan"]["edit"], campaign["defaultPasscode"], organization["viewerCan"]["edit"]


async def test_only_who_runs_a_campaign_or_an_organization_may_edit_it_and_see_its_passcode(
    api: Api, people: dict[str, Person]
) -> None:
    assert await rights(api, signed_in(people["Organizer"])) == (True, "sesame", False)
    assert await rights(api, signed_in(people["Coordinator"])) == (False, None, True)
    assert await rights(api, signed_in(people["Anybody"])) == (False, None, False)
    assert await rights(api, signed_in(people["Anybody"], is_admin=True)) == (True, "sesame", True)
    assert await rights(api, ANONYMOUS) == (False, None, False)


async def test_the_rights_in_many_campaigns_are_asked_for_at_once(
    api: Api, world: World, people: dict[str, Person]
) -> None:
    for number in range(5):
        await world.campaign(f"more-{number}", *([people["Anybody"]] if number % 2 else []))
    api.counting.statements.clear()
    found = await api.ask("{ campaigns { nodes { slug viewerCan { edit } } } }", signed_in(people["Anybody"]))
    assert {node["slug"] for node in found["campaigns"]["nodes"] if node["viewerCan"]["edit"]} == {"more-1", "more-3"}
    assert len(api.counting.statements) == 2


async def test_editors_may_choose_articles_until_the_program_ends(api: Api, world: World) -> None:
    ada, lead = await world.editor("Ada"), await world.editor("Lead")
    await world.enroll(await world.program("moss", facilitators=[lead]), ada)
    over = await world.program(
        "over", tracking_start=NOW - timedelta(days=9), tracking_end=NOW - timedelta(days=2), facilitators=[lead]
    )
    await world.enroll(over, ada)

    async def may(slug: str, actor: Actor) -> bool:
        found = await api.ask(f'{{ program(slug: "{slug}") {{ viewerCan {{ claim }} }} }}', actor)
        return bool(found["program"]["viewerCan"]["claim"])

    assert [await may("moss", actor) for actor in (signed_in(ada), signed_in(lead), ANONYMOUS)] == [True, False, False]
    assert await may("over", signed_in(ada)) is False


async def test_articles_are_found_by_a_part_of_the_title_and_by_being_left_out(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    program = await world.program("moss")
    await world.enroll(program, ada)
    for title in ("Peat moss", "Fern", "50% moss"):
        await world.edit(ada, title, 10)
    key = await world.pool.fetchval("SELECT id FROM page WHERE title = 'Fern'")
    await world.pool.execute(
        "INSERT INTO exclusion (program_id, page_key, editor_id, at) VALUES ($1, $2, $3, now())", program, key, ada.id
    )

    async def listed(**asked: Any) -> tuple[int, list[str]]:
        found = (await api.ask(LISTED, **asked))["program"]["articles"]
        return found["totalCount"], [node["title"] for node in found["nodes"]]

    assert await listed(search="MOSS") == (2, ["50% moss", "Peat moss"])
    assert await listed(search="%") == (1, ["50% moss"])
    assert await listed(excluded=True) == (1, ["Fern"])
    assert await listed(excluded=False, search="f") == (0, [])
