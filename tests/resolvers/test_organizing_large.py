# SPDX-License-Identifier: GPL-3.0-or-later
"""What concerns more edits than can be moved at once is finished by the worker, and then every number is right."""

from __future__ import annotations

from typing import Any

import pytest

from graph.db import due, reassessing
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from tests.db.rows import NOW, World
from tests.resolvers.stage import Stage

OF_ALL = """{ organization(slug: "Affiliate") { metrics { totalEdits editors } }
    campaigns(orderBy: TITLE) { nodes { title metrics { totalEdits editors } } }
    programs(orderBy: TITLE) { nodes { title metrics { totalEdits editors } sessions { metrics { totalEdits } } } } }"""


def number(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


class Large:
    """Two programs with three edits in two campaigns of an organization; one edit is more than can be moved at once."""

    def __init__(self, stage: Stage, admin: Actor) -> None:
        self.stage, self.admin = stage, admin

    async def begin(self) -> None:
        stage, admin = self.stage, self.admin
        world = World(stage.pool)
        await stage.done("createOrganization", admin, name="Affiliate", coordinators=["The Admin"])
        for title in ("Spring", "Autumn"):
            made = await stage.done("createCampaign", admin, title=title, organizationSlug="Affiliate")
            self.campaign = made["campaign"]["id"]
        self.program = await stage.program(admin, title="One", campaignSlug="Spring")
        self.other = await stage.program(admin, title="Other", campaignSlug="Spring")
        await stage.done("addProgramToCampaign", admin, campaignId=self.campaign, programId=self.other["id"])
        ada, grace = await world.editor("Ada"), await world.editor("Grace")
        await world.enroll(number(self.program["id"]), ada, grace)
        await world.enroll(number(self.other["id"]), ada)
        made = await stage.done(
            "createSession", admin, programId=self.program["id"], title="Day", start=self.program["trackingStart"],
            end=self.program["trackingEnd"],
        )  # fmt: skip
        self.session = made["session"]["id"]
        for person, title in ((ada, "Moss"), (ada, "Fern"), (grace, "Moss")):
            await world.edit(person, title, 10, at=NOW)
        self.moss = ids.encode(ids.Kind.ARTICLE, await stage.pool.fetchval("SELECT id FROM page WHERE title = 'Moss'"))

    async def numbers(self) -> dict[str, tuple[int, ...]]:
        found = await self.stage.api.ask(OF_ALL)
        named = [("", found["organization"]), *((node["title"], node) for node in found["campaigns"]["nodes"])]
        numbers = {name: tuple(node["metrics"].values()) for name, node in named}
        for node in found["programs"]["nodes"]:
            sessions = (session["metrics"]["totalEdits"] for session in node["sessions"])
            numbers[node["title"]] = (*node["metrics"].values(), *sessions)
        return numbers

    async def finish(self) -> dict[str, tuple[int, ...]]:
        """The numbers when the worker has done what was left to it."""
        assert await self.stage.pool.fetchval("SELECT count(*) FROM due_reassessment") > 0
        await reassessing.reassess(self.stage.pool)
        assert await self.stage.pool.fetchval("SELECT count(*) FROM due_reassessment") == 0
        assert await self.stage.proved()
        return await self.numbers()


@pytest.fixture
async def large(stage: Stage, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> Large:
    made = Large(stage, admin)
    await made.begin()
    assert await made.numbers() == {
        "": (3, 2), "Spring": (3, 2), "Autumn": (2, 1), "One": (3, 2, 3), "Other": (2, 1),
    }  # fmt: skip
    monkeypatch.setattr(due, "AT_ONCE", 0)
    return made


async def test_a_deleted_program_is_gone_at_once_and_its_campaign_follows(
    stage: Stage, admin: Actor, large: Large
) -> None:
    await stage.done("deleteProgram", admin, id=large.program["id"], confirmTitle="One")

    assert set(await large.numbers()) == {"", "Spring", "Autumn", "Other"}
    assert await large.finish() == {"": (2, 1), "Spring": (2, 1), "Autumn": (2, 1), "Other": (2, 1)}


async def test_a_deleted_session_leaves_every_number_as_it_is(stage: Stage, admin: Actor, large: Large) -> None:
    await stage.done("deleteSession", admin, id=large.session)

    rest = {"": (3, 2), "Spring": (3, 2), "Autumn": (2, 1), "One": (3, 2), "Other": (2, 1)}
    assert await large.numbers() == rest
    assert await large.finish() == rest


async def test_the_organization_of_a_deleted_campaign_follows(stage: Stage, admin: Actor, large: Large) -> None:
    campaign = (await stage.api.ask('{ campaign(slug: "Spring") { id } }'))["campaign"]["id"]

    await stage.done("deleteCampaign", admin, id=campaign)

    assert await large.finish() == {"": (2, 1), "Autumn": (2, 1), "One": (3, 2, 3), "Other": (2, 1)}


@pytest.mark.parametrize(
    ("mutation", "fields", "expected"),
    [
        (
            "updateProgram",
            {"trackingStart": "2026-11-25T00:00:00Z"},
            {"": (2, 2), "Spring": (2, 2), "Autumn": (2, 1), "One": (0, 2, 0), "Other": (2, 1)},
        ),
        (
            "updateProgram",
            {"trackedWikis": [{"wiki": "dewiki"}]},
            {"": (2, 2), "Spring": (2, 2), "Autumn": (2, 1), "One": (0, 2, 0), "Other": (2, 1)},
        ),
        (
            "updateProgram",
            {"visibility": "PRIVATE"},
            {"": (2, 1), "Spring": (2, 1), "Autumn": (2, 1), "Other": (2, 1)},
        ),
        ("withdrawProgram", {}, {"": (2, 1), "Spring": (2, 1), "Autumn": (2, 1), "Other": (2, 1)}),
    ],
)
async def test_other_rules_hold_when_the_worker_has_carried_them_out(
    stage: Stage, admin: Actor, large: Large, mutation: str, fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    await stage.done(mutation, admin, id=large.program["id"], **fields)

    assert await large.finish() == expected


async def test_an_article_of_many_edits_is_excluded_and_included_by_the_worker(
    stage: Stage, admin: Actor, large: Large
) -> None:
    before = await large.numbers()
    fields = {"programId": large.program["id"], "articleId": large.moss}

    await stage.done("excludeArticle", admin, **fields)
    # The first edit to Moss counts in the other program still.
    excluded = {"": (2, 2), "Spring": (2, 2), "Autumn": (2, 1), "One": (1, 2, 1), "Other": (2, 1)}
    assert await large.finish() == excluded

    await stage.done("includeArticle", admin, **fields)
    assert await large.finish() == before


async def test_what_a_deleted_programs_jobs_left_does_no_harm(stage: Stage, admin: Actor, large: Large) -> None:
    await stage.done("requestUpdate", admin, programId=large.program["id"])
    await stage.done("deleteProgram", admin, id=large.program["id"], confirmTitle="One")

    assert await stage.api.ask("query($id: ID!) { node(id: $id) { id } }", ANONYMOUS, id=large.program["id"]) == {
        "node": None
    }
    assert await large.finish() == {"": (2, 1), "Spring": (2, 1), "Autumn": (2, 1), "Other": (2, 1)}
