# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding scopes, looking at them before, taking them away: every bad input is refused with its field."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from graph.db import organizing_scopes
from graph.db.pool import Pool
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.saved_lists import SavedLists
from graph.simulator.server import running
from tests.db.rows import NOW, World
from tests.jobs.stage import sources
from tests.resolvers.stage import Stage, told

SCOPES = """query($slug: String!) { program(slug: $slug) { nothingInScope scopes { id kind wiki { dbname } value depth
    articleCount articlesFound skipped state addedAt refreshedAt triedAt error errorReason } } }"""
PREVIEW = """query($program: ID!, $kind: ScopeKind!, $value: String!, $wiki: String = "enwiki", $depth: Int) {
    scopePreview(programId: $program, kind: $kind, wiki: $wiki, value: $value, depth: $depth) {
        articles edits skipped errors { code field message } } }"""


@dataclass
class Wikis:
    """The stand-in, its faults, and what was saved there."""

    wikimedia: Wikimedia
    faults: Faults
    lists: SavedLists


@pytest.fixture
async def wikis(stage: Stage) -> AsyncIterator[Wikis]:
    """The stand-in, which the service asks for scopes from now on."""
    wikimedia = Wikimedia(clock=lambda: int(NOW.timestamp() * 1000), seed=7)
    app = create_app(wikimedia)
    async with running(app) as address, httpx.AsyncClient() as client:
        stage.deps = stage.api.deps = replace(stage.deps, scopes=sources(client, address))
        yield Wikis(wikimedia, app.state.faults, app.state.saved_lists)


@pytest.fixture
async def program(stage: Stage, amara: Actor) -> dict[str, Any]:
    return await stage.program(amara, type="ARTICLE_SCOPED")


def number(global_id: str) -> int:
    found = ids.parse(global_id)
    assert found is not None
    return found.number


async def shown(stage: Stage, program: dict[str, Any], actor: Actor = ANONYMOUS) -> dict[str, Any]:
    return dict((await stage.api.ask(SCOPES, actor, slug=program["slug"]))["program"])


async def jobs(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT entrypoint FROM jobs.pgqueuer WHERE payload = 'refresh' ORDER BY id")
    return [row["entrypoint"] for row in rows]


async def test_a_category_is_added_under_its_full_title_and_read_by_the_worker(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis
) -> None:
    fields = {"programId": program["id"], "kind": "CATEGORY", "wiki": "en.wikipedia.org", "value": " mosses_of_Europe"}
    payload = await stage.done("addScope", amara, **fields, depth=3)
    scope = payload["scope"]
    assert scope == {
        "id": scope["id"], "kind": "CATEGORY", "wiki": {"dbname": "enwiki"}, "value": "Category:Mosses of Europe",
        "depth": 3, "articleCount": 0, "state": "WAITING",
    }  # fmt: skip
    found = await shown(stage, program)
    assert found["nothingInScope"] is True
    (listed,) = found["scopes"]
    assert {name: listed[name] for name in ("articlesFound", "skipped", "refreshedAt", "triedAt", "error")} == {
        "articlesFound": 0, "skipped": 0, "refreshedAt": None, "triedAt": None, "error": None,
    }  # fmt: skip
    assert await jobs(stage.pool) == [f"refresh {number(program['id'])}"]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("CATEGORY", "https://en.wikipedia.org/wiki/Category:Caf%C3%A9s", "Category:Cafés"),
        ("TEMPLATE", "infobox moss", "Template:Infobox moss"),
        ("PETSCAN", "https://petscan.wmcloud.org/?psid=4711&format=json", "4711"),
        ("PETSCAN", " 4711 ", "4711"),
        ("PAGEPILE", "https://pagepile.toolforge.org/api.php?id=12&action=get_data", "12"),
        ("ASSIGNED_ARTICLES", "", ""),
    ],
)
async def test_what_is_pasted_is_kept_as_what_it_means(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis, kind: str, given: str, kept: str
) -> None:
    payload = await stage.done("addScope", amara, programId=program["id"], kind=kind, wiki="enwiki", value=given)
    assert payload["scope"]["value"] == kept


@pytest.mark.parametrize(
    ("kind", "value", "depth", "expected"),
    [
        ("CATEGORY", "Mosses", 50, ("INVALID", "depth")),
        ("CATEGORY", "Mosses", -1, ("INVALID", "depth")),
        ("TEMPLATE", "Moss", 1, ("INVALID", "depth")),
        ("CATEGORY", "Mosses | Ferns", 0, ("INVALID", "value")),
        ("CATEGORY", "Mosses#Europe", 0, ("INVALID", "value")),
        ("CATEGORY", "<b>Mosses</b>", 0, ("INVALID", "value")),
        ("CATEGORY", "Mosses\0", 0, ("INVALID", "value")),
        ("CATEGORY", "Caf%E9", 0, ("INVALID", "value")),
        ("CATEGORY", "", 0, ("INVALID", "value")),
        ("CATEGORY", "M" * 256, 0, ("TOO_LONG", "value")),
        ("CATEGORY", "Template:Moss", 0, ("INVALID", "value")),
        ("CATEGORY", "https://de.wikipedia.org/wiki/Kategorie:Moose", 0, ("INVALID", "value")),
        ("PETSCAN", "https://evil.example/?psid=1", 0, ("INVALID", "value")),
        ("PETSCAN", "https://petscan.wmcloud.org.evil.example/?psid=1", 0, ("INVALID", "value")),
        ("PETSCAN", "http://user@petscan.wmcloud.org/?psid=1", 0, ("INVALID", "value")),
        ("PETSCAN", "https://petscan.wmcloud.org/?psid=1&categories=Moss", 0, ("INVALID", "value")),
        ("PETSCAN", "0", 0, ("INVALID", "value")),
        ("PAGEPILE", "https://petscan.wmcloud.org/?psid=1", 0, ("INVALID", "value")),
        ("ASSIGNED_ARTICLES", "Moss", 0, ("INVALID", "value")),
    ],
)
async def test_a_bad_value_is_refused_with_its_field_and_changes_nothing(
    stage: Stage,
    amara: Actor,
    program: dict[str, Any],
    wikis: Wikis,
    kind: str,
    value: str,
    depth: int,
    expected: tuple[str, str],
) -> None:
    fields = {"programId": program["id"], "kind": kind, "wiki": "enwiki", "value": value, "depth": depth}
    assert await stage.refused("addScope", amara, **fields) == [expected]
    data = await stage.api.ask(PREVIEW, amara, program=program["id"], kind=kind, value=value, depth=depth)
    (fault,) = data["scopePreview"]["errors"]
    assert (fault["code"], fault["field"]) == (expected[0], [expected[1]])


async def test_an_unknown_wiki_one_that_is_away_and_a_scope_it_has_already_are_refused(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis
) -> None:
    fields = {"programId": program["id"], "kind": "CATEGORY", "value": "Mosses"}
    assert await stage.refused("addScope", amara, **fields, wiki="klingonwiki") == [("UNKNOWN_WIKI", "wiki")]
    wikis.faults.set(api_status=503)
    assert await stage.refused("addScope", amara, **fields, wiki="enwiki") == [("UNAVAILABLE", "wiki")]
    wikis.faults.clear()
    await stage.done("addScope", amara, **fields, wiki="enwiki")
    assert await stage.refused("addScope", amara, **fields, wiki="enwiki") == [("TAKEN", "value")]
    await stage.done("addScope", amara, **fields, wiki="enwiki", depth=1)


async def test_a_program_has_fifty_scopes_at_most(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    fields = {"programId": program["id"], "kind": "PAGEPILE", "wiki": "enwiki"}
    for each in range(1, 51):
        await stage.done("addScope", amara, **fields, value=str(each))
    assert await stage.refused("addScope", amara, **fields, value="51") == [("TOO_MANY", "programId")]


async def test_a_scope_is_removed_and_named_no_more(stage: Stage, amara: Actor, program: dict[str, Any]) -> None:
    fields = {"programId": program["id"], "kind": "PAGEPILE", "wiki": "enwiki"}
    scope = (await stage.done("addScope", amara, **fields, value="9"))["scope"]["id"]
    node = "query($id: ID!) { node(id: $id) { id ... on Scope { value } } }"
    assert (await stage.api.ask(node, id=scope))["node"] == {"id": scope, "value": "9"}
    payload = await stage.done("removeScope", amara, id=scope)
    assert payload == {"scope": None, "program": {"scopes": []}, "userErrors": []}
    assert (await stage.api.ask(node, id=scope))["node"] is None
    assert await stage.refused("removeScope", amara, id=scope) == [("NOT_FOUND", "id")]
    await stage.done("addScope", amara, **fields, value="9")


async def test_a_private_program_keeps_its_scopes_to_itself(stage: Stage, amara: Actor, stranger: Actor) -> None:
    private = await stage.program(amara, visibility="PRIVATE")
    fields = {"programId": private["id"], "kind": "PAGEPILE", "wiki": "enwiki", "value": "9"}
    scope = (await stage.done("addScope", amara, **fields))["scope"]["id"]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await stage.api.ask(node, stranger, id=scope))["node"] is None
    assert (await stage.api.ask(node, amara, id=scope))["node"] == {"id": scope}
    assert await stage.refused("removeScope", stranger, id=scope) == [("NOT_FOUND", "id")]


async def test_scopes_are_read_anew_on_demand_once_a_minute(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    fields = {"programId": program["id"]}
    await stage.done("refreshScopes", amara, **fields)
    assert await jobs(stage.pool) == []
    await stage.done("addScope", amara, **fields, kind="PAGEPILE", wiki="enwiki", value="9")
    await stage.pool.execute("DELETE FROM jobs.pgqueuer")
    await stage.done("refreshScopes", amara, **fields)
    assert await jobs(stage.pool) == []
    await stage.pool.execute("UPDATE scope SET state = 'READY', tried_at = now()")
    assert await stage.refused("refreshScopes", amara, **fields) == [("RATE_LIMITED", "programId")]
    await stage.pool.execute("UPDATE scope SET tried_at = now() - interval '61 seconds'")
    payload = await stage.done("refreshScopes", amara, **fields)
    assert payload["program"]["scopes"] == [{"value": "9", "state": "WAITING"}]
    assert len(await jobs(stage.pool)) == 1


async def test_a_clone_has_the_scopes_and_reads_them_itself(
    stage: Stage, amara: Actor, program: dict[str, Any]
) -> None:
    await stage.done("addScope", amara, programId=program["id"], kind="PAGEPILE", wiki="enwiki", value="9")
    await stage.pool.execute("UPDATE scope SET state = 'READY', size = 4, edition = 3, digest = 'x'")
    window = {"trackingStart": program["trackingStart"], "trackingEnd": program["trackingEnd"]}
    clone = (await stage.done("cloneProgram", amara, id=program["id"], title="Again", **window))["program"]
    found = await shown(stage, clone)
    (scope,) = found["scopes"]
    assert (scope["value"], scope["state"], scope["articleCount"], found["nothingInScope"]) == ("9", "WAITING", 0, True)
    assert (await shown(stage, program))["nothingInScope"] is False
    assert f"refresh {number(clone['id'])}" in await jobs(stage.pool)


async def test_scopes_are_read_when_a_program_becomes_article_scoped(stage: Stage, amara: Actor) -> None:
    basic = await stage.program(amara)
    await stage.done("addScope", amara, programId=basic["id"], kind="PAGEPILE", wiki="enwiki", value="9")
    await stage.pool.execute("UPDATE scope SET state = 'READY'")
    await stage.pool.execute("DELETE FROM jobs.pgqueuer")
    assert (await shown(stage, basic))["nothingInScope"] is False
    await stage.done("updateProgram", amara, id=basic["id"], type="ARTICLE_SCOPED")
    assert (await shown(stage, basic))["nothingInScope"] is True
    assert len(await jobs(stage.pool)) == 1


async def test_a_preview_tells_what_would_count_and_changes_nothing(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis, stranger: Actor
) -> None:
    world = World(stage.pool)
    ann = await world.editor("Ann")
    await world.enroll(number(program["id"]), ann)
    wikis.wikimedia.create_user("Ann", registered="2020-01-01T00:00:00Z", wikis=["enwiki"])
    for title in ("Moss", "Fern", "Talk:Moss"):
        wikis.wikimedia.save("enwiki", title, "Ann", at=NOW - timedelta(hours=2))
    wikis.wikimedia.put_in("enwiki", "Moss", categories=["Mosses"])
    wikis.wikimedia.put_in("enwiki", "Talk:Moss", categories=["Mosses"])
    moss = wikis.wikimedia.page("enwiki", "Moss")
    for title in ("Moss", "Moss", "Fern"):
        await world.edit(ann, title, 10)
    await stage.pool.execute("UPDATE page SET page_id = $1 WHERE title = 'Moss'", moss.id)
    before = await stage.dump(but=("page",))
    asked = {"program": program["id"], "kind": "CATEGORY", "value": "Mosses"}
    found = (await stage.api.ask(PREVIEW, amara, **asked))["scopePreview"]
    assert found == {"articles": 2, "edits": 2, "skipped": 0, "errors": []}
    for actor, code in ((stranger, "NOT_ALLOWED"), (ANONYMOUS, "NOT_SIGNED_IN")):
        refused = (await stage.api.ask(PREVIEW, actor, **asked))["scopePreview"]["errors"]
        assert [fault["code"] for fault in refused] == [code]
    assert await stage.dump(but=("page",)) == before


@pytest.mark.parametrize(
    ("kind", "faults", "code"),
    [
        ("CATEGORY", {}, "NOT_FOUND"),
        ("PETSCAN", {}, "NOT_FOUND"),
        ("PETSCAN", {"lists_status": 503}, "UNAVAILABLE"),
        ("PETSCAN", {"lists_seconds": 3}, "UNAVAILABLE"),
        ("PAGEPILE", {"lists_html": True}, "NOT_FOUND"),
        ("CATEGORY", {"api_status": 503}, "UNAVAILABLE"),
    ],
)
async def test_a_preview_of_what_cannot_be_read_says_why(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis, kind: str, faults: dict[str, Any], code: str
) -> None:
    wikis.faults.set(**faults)
    data = await stage.api.ask(PREVIEW, amara, program=program["id"], kind=kind, value="4711")
    (fault,) = data["scopePreview"]["errors"]
    assert fault["code"] == code, fault


async def test_a_preview_that_takes_too_long_is_given_up_and_may_be_added(
    stage: Stage, amara: Actor, program: dict[str, Any], wikis: Wikis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.resolvers.organizing_scopes.PREVIEW_SECONDS", 0.05)
    wikis.faults.set(lists_seconds=3)
    data = await stage.api.ask(PREVIEW, amara, program=program["id"], kind="PETSCAN", value="4711")
    (fault,) = data["scopePreview"]["errors"]
    assert (fault["code"], "Added, it is read in the background" in fault["message"]) == ("UNAVAILABLE", True)
    await stage.done("addScope", amara, programId=program["id"], kind="PETSCAN", wiki="enwiki", value="4711")


async def test_only_scopes_of_programs_that_the_viewer_may_know_are_found(stage: Stage, amara: Actor) -> None:
    assert await organizing_scopes.without_articles(stage.pool, []) == set()
    assert told(await stage.change("addScope", amara, programId="x", kind="PETSCAN", wiki="enwiki", value="1")) == [
        ("NOT_FOUND", "programId")
    ]
