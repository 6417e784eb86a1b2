# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graph.db.pool import Pool
from graph.jobs import pending
from graph.jobs.pending import Finished, finish_pending
from graph.resolvers.identity import ANONYMOUS, Actor
from tests.resolvers.stage import END, START, Stage


@pytest.fixture
def stage(pool: Pool) -> Stage:
    return Stage(pool)


@pytest.fixture
async def amara(stage: Stage) -> Actor:
    return await stage.person("Amara Quill")


async def waiting(stage: Stage) -> list[str]:
    rows = await stage.pool.fetch('SELECT username FROM pending_enrollment ORDER BY username COLLATE "C"')
    return [row[0] for row in rows]


async def enrolled(stage: Stage) -> list[tuple[str, bool]]:
    rows = await stage.pool.fetch(
        "SELECT e.username, n.show_name FROM enrollment n JOIN editor e ON e.id = n.editor_id WHERE n.role = 'EDITOR'"
        ' ORDER BY e.username COLLATE "C"'
    )
    return [(row[0], row[1]) for row in rows]


async def test_nothing_is_done_where_nothing_is_pending(stage: Stage) -> None:
    before = await stage.dump()
    assert await finish_pending(stage.deps) == Finished(0, 0, 0)
    assert await stage.dump() == before


async def test_pending_names_are_enrolled_and_counted_once_the_wikis_are_back(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    session = await stage.done("createSession", amara, programId=program["id"], title="S", start=START, end=END)
    stage.users.add("Bo", "Cy")
    stage.users.down = True
    fields = {"programId": program["id"]}
    await stage.done("addEditors", amara, **fields, usernames=["Bo", "Nobody"], showNames=False)
    await stage.done("addEditors", amara, **fields, usernames=["Cy"], sessionId=session["session"]["id"])
    before = await stage.dump()
    assert await finish_pending(stage.deps) == Finished(0, 0, 3)
    assert await stage.dump() == before

    stage.users.down = False
    rules = await stage.pool.fetchval("SELECT rules_version FROM ledger")
    assert await finish_pending(stage.deps) == Finished(2, 1, 0)
    assert await waiting(stage) == ["Nobody"]
    assert await enrolled(stage) == [("Bo", False), ("Cy", True)]
    assert await stage.pool.fetchval("SELECT rules_version FROM ledger") > rules
    query = "query($s: String!) { program(slug: $s) { sessions { metrics { editors } } metrics { editors } } }"
    found = (await stage.api.ask(query, amara, s=program["slug"]))["program"]
    assert found == {"sessions": [{"metrics": {"editors": 1}}], "metrics": {"editors": 2}}


async def test_one_slow_look_up_keeps_no_other_program_waiting(
    stage: Stage, amara: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await stage.program(amara), await stage.program(amara, title="Second")
    stage.users.add("Bo", "Cy")
    stage.users.down = True
    await stage.done("addEditors", amara, programId=first["id"], usernames=["Bo"])
    await stage.done("addEditors", amara, programId=second["id"], usernames=["Cy"])
    stage.users.down = False
    stage.users.slow = {"Bo"}
    monkeypatch.setattr(pending, "SECONDS", 0.05)
    assert await finish_pending(stage.deps) == Finished(1, 0, 1)
    assert await waiting(stage) == ["Bo"]
    assert await enrolled(stage) == [("Cy", True)]


async def test_names_that_must_wait_keep_no_later_ones_waiting(
    stage: Stage, amara: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await stage.program(amara), await stage.program(amara, title="Second")
    stage.users.add("Ann", "Bo", "Cy")
    stage.users.down = True
    await stage.done("addEditors", amara, programId=first["id"], usernames=["Ann", "Bo"])
    await stage.done("addEditors", amara, programId=second["id"], usernames=["Cy"])
    stage.users.down = False
    stage.users.slow = {"Ann", "Bo"}
    monkeypatch.setattr(pending, "SECONDS", 0.05)
    monkeypatch.setattr(pending, "MOST", 1)
    assert await finish_pending(stage.deps) == Finished(1, 0, 2)
    assert await enrolled(stage) == [("Cy", True)]


async def test_facilitators_see_what_became_of_pending_names_and_may_take_them_back(stage: Stage, amara: Actor) -> None:
    program = await stage.program(amara)
    stage.users.add("Bo")
    stage.users.down = True
    fields = {"programId": program["id"]}
    await stage.done("addEditors", amara, **fields, usernames=["Nobody", "Bo", "Cy"])
    await stage.done("removeEditor", amara, **fields, username="user:cy")
    query = "query($s: String!) { program(slug: $s) { pendingEditors { username unknown } } }"

    async def seen(actor: Actor) -> Any:
        return (await stage.api.ask(query, actor, s=program["slug"]))["program"]["pendingEditors"]

    assert sorted((name["username"], name["unknown"]) for name in await seen(amara)) == [
        ("Bo", False),
        ("Nobody", False),
    ]
    assert await seen(ANONYMOUS) is None
    stage.users.down = False
    await finish_pending(stage.deps)
    assert await seen(amara) == [{"username": "Nobody", "unknown": True}]
    # It is not asked about again, until somebody pastes it again, and is forgotten after two weeks.
    asked = len(stage.users.asked)
    assert await finish_pending(stage.deps) == Finished(0, 0, 0)
    assert len(stage.users.asked) == asked
    stage.api.now += timedelta(days=14, seconds=1)
    await finish_pending(stage.deps)
    assert await seen(amara) == []
