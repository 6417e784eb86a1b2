# SPDX-License-Identifier: GPL-3.0-or-later
"""What is hidden is hidden everywhere: private programs, nameless participants, hidden names and summaries."""

from __future__ import annotations

from typing import Any

import pytest

from graph.edits import RevisionVisibility
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.db.rows import NOW, Person, World
from tests.schema.asking import Api, signed_in

EVERYWHERE = """query ($program: ID!, $session: ID!, $edit: ID!, $article: ID!) {
    program(slug: "secret") { slug }
    byId: node(id: $program) { id }
    session: node(id: $session) { id }
    edit: node(id: $edit) { id }
    article: node(id: $article) { id }
    several: nodes(ids: [$program]) { id }
    programs { totalCount nodes { slug } }
    filtered: programs(filter: {campaignSlug: "spring"}) { totalCount nodes { slug } }
    campaign(slug: "spring") { programs { totalCount nodes { slug } } editors { totalCount } articles { totalCount }
        metrics { totalEdits editors } }
    editor(username: "Ada") { username }
}"""


class Secret:
    """A private program in a public campaign, with one of everything."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ids: dict[str, str] = {}

    async def build(self, api: Api) -> None:
        self.ada, self.eve = await self.world.editor("Ada"), await self.world.editor("Eve")
        self.coordinator = await self.world.editor("Coordinator")
        campaign = await self.world.campaign("spring", self.eve)
        program = await self.world.program("secret", visibility="PRIVATE", campaigns=[campaign])
        await self.world.session(program, "evening", coordinators=[self.coordinator])
        await self.world.enroll(program, self.ada)
        await self.world.edit(self.ada, "Rose", 10, created=True)
        found = await api.ask(
            """{ program(slug: "secret") { id sessions { id } edits { nodes { id article { id } } } } }""",
            signed_in(self.ada),
        )
        (edit,) = found["program"]["edits"]["nodes"]
        self.ids = {
            "program": found["program"]["id"],
            "session": found["program"]["sessions"][0]["id"],
            "edit": edit["id"],
            "article": edit["article"]["id"],
        }


@pytest.fixture
async def secret(world: World, api: Api) -> Secret:
    made = Secret(world)
    await made.build(api)
    return made


@pytest.mark.parametrize("who", ["nobody", "a stranger", "the campaign's organizer"])
async def test_a_private_program_does_not_exist_for_others(api: Api, world: World, secret: Secret, who: str) -> None:
    actor = {
        "nobody": ANONYMOUS,
        "a stranger": signed_in(await world.editor("Stranger")),
        "the campaign's organizer": signed_in(secret.eve),
    }[who]

    found = await api.ask(EVERYWHERE, actor, **secret.ids)

    nothing = {"totalCount": 0, "nodes": []}
    assert found == {
        "program": None,
        "byId": None,
        "session": None,
        "edit": None,
        "article": None,
        "several": [None],
        "programs": nothing,
        "filtered": nothing,
        "campaign": {
            "programs": nothing,
            "editors": {"totalCount": 0},
            "articles": {"totalCount": 0},
            "metrics": {"totalEdits": 0, "editors": 0},
        },
        "editor": None,
    }


async def test_a_private_program_exists_for_those_in_it_and_for_administrators(
    api: Api, world: World, secret: Secret
) -> None:
    admin = await world.editor("Admin")
    for actor in (signed_in(secret.ada), signed_in(secret.coordinator), signed_in(admin, is_admin=True)):
        found = await api.ask(EVERYWHERE, actor, **secret.ids)

        shown = {"totalCount": 1, "nodes": [{"slug": "secret"}]}
        assert found["program"] == {"slug": "secret"}
        assert found["programs"] == found["filtered"] == found["campaign"]["programs"] == shown
        assert {found[name]["id"] for name in ("byId", "session", "edit", "article")} == set(secret.ids.values())
        # The campaign's own numbers stay public ones, for every viewer.
        assert found["campaign"]["metrics"] == {"totalEdits": 0, "editors": 0}


NAMES = """{ program(slug: "botany") { editors { totalCount nodes { username } } sessions { editors { totalCount } } }
    campaign(slug: "spring") { editors { totalCount nodes { username } } } editor(username: "Shy") { username } }"""


async def test_a_nameless_participant_is_listed_to_facilitators_and_to_themselves_only(api: Api, world: World) -> None:
    ada, shy, facilitator = [await world.editor(name) for name in ("Ada", "Shy", "Facilitator")]
    program = await world.program("botany", facilitators=[facilitator], campaigns=[await world.campaign("spring")])
    await world.session(program, "evening")
    await world.enroll(program, ada)
    await world.enroll(program, shy, show_name=False)

    async def names(actor: Actor) -> Any:
        return await api.ask(NAMES, actor)

    for actor in (ANONYMOUS, signed_in(ada)):
        found = await names(actor)
        assert found["program"]["editors"] == {"totalCount": 1, "nodes": [{"username": "Ada"}]}
        assert found["program"]["sessions"] == [{"editors": {"totalCount": 1}}]
        assert found["editor"] is None
    for actor in (signed_in(facilitator), signed_in(shy), signed_in(ada, is_admin=True)):
        found = await names(actor)
        assert [node["username"] for node in found["program"]["editors"]["nodes"]] == ["Ada", "Shy"]
        assert found["program"]["sessions"] == [{"editors": {"totalCount": 2}}]
        assert found["editor"] == {"username": "Shy"}
        assert found["campaign"]["editors"]["nodes"] == [{"username": "Ada"}]


async def test_the_edits_of_a_nameless_participant_are_nowhere(api: Api, world: World) -> None:
    shy = await world.editor("Shy")
    await world.enroll(await world.program("botany"), shy, show_name=False)
    await world.edit(shy, "Rose", 10)

    found = await api.ask(
        '{ program(slug: "botany") { edits { totalCount } articles { totalCount } metrics { totalEdits } } }'
    )

    assert found["program"] == {
        "edits": {"totalCount": 0},
        "articles": {"totalCount": 0},
        "metrics": {"totalEdits": 0},
    }


async def test_a_hidden_revision_is_not_listed_and_a_hidden_summary_not_shown(api: Api, world: World) -> None:
    ada = await world.editor("Ada")
    await world.enroll(await world.program("botany"), ada)
    hidden = await world.edit(ada, "Rose", 10, summary="libel")
    muted = await world.edit(ada, "Rose", 20, summary="insult")
    query = '{ program(slug: "botany") { edits { nodes { revisionId summary editor { username } } } } }'

    await world.take_in(
        changes=[
            RevisionVisibility("enwiki", hidden, text=False, editor=False, summary=False, as_of=NOW),
            RevisionVisibility("enwiki", muted, text=True, editor=True, summary=False, as_of=NOW),
        ]
    )

    assert (await api.ask(query))["program"]["edits"]["nodes"] == [
        {"revisionId": muted, "summary": None, "editor": {"username": "Ada"}}
    ]


async def test_somebody_in_charge_of_something_public_is_known(api: Api, world: World) -> None:
    organizer, coordinator, nobody = [await world.editor(name) for name in ("Org", "Coord", "Nobody")]
    await world.campaign("spring", organizer)
    await world.organization("wmxx", coordinator)

    async def known(person: Person) -> bool:
        found = await api.ask("query ($name: String!) { editor(username: $name) { id } }", name=person.username)
        return found["editor"] is not None

    assert [await known(person) for person in (organizer, coordinator, nobody)] == [True, True, False]
