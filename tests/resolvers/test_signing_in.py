# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from graph.db import accounts
from graph.errors import ErrorCode, UserFault
from graph.resolvers.signing_in import (
    SIGNED_IN_FOR,
    actor_signed_in,
    actor_with_token,
    development_actor,
    sign_in,
    sign_out,
)
from tests.resolvers.stage import Stage


async def username_of(stage: Stage, secret: str) -> str | None:
    actor = await actor_signed_in(stage.deps, secret, ())
    return None if actor is None else actor.username


async def signed_in_before(stage: Stage, *editor_ids: int) -> set[int]:
    async with stage.pool.acquire() as conn:
        return await accounts.signed_in_before(conn, editor_ids)


async def test_whoever_signs_in_is_known_by_the_secret_they_got(stage: Stage) -> None:
    ada, bo = await sign_in(stage.deps, 71, "Ada"), await sign_in(stage.deps, 72, "Bo")
    assert [await username_of(stage, one.secret) for one in (ada, bo)] == ["Ada", "Bo"]
    assert ada.secret != bo.secret


async def test_the_database_does_not_hold_the_secret(stage: Stage) -> None:
    signed_in = await sign_in(stage.deps, 71, "Ada")
    everything = str(await stage.dump())
    assert signed_in.secret not in everything
    assert signed_in.secret.removeprefix("pgi_") not in everything


async def test_a_new_name_replaces_the_old_one_and_the_person_stays_the_same(stage: Stage) -> None:
    before = await sign_in(stage.deps, 71, "Ada")
    rules = await stage.pool.fetchval("SELECT rules_version FROM ledger")
    after = await sign_in(stage.deps, 71, "Ada Lovelace")
    assert (after.editor.id, after.editor.username) == (before.editor.id, "Ada Lovelace")
    assert await username_of(stage, before.secret) == "Ada Lovelace"
    assert await stage.pool.fetchval("SELECT rules_version FROM ledger") == rules + 1


async def test_who_takes_a_name_that_was_given_up_is_somebody_else(stage: Stage) -> None:
    old = await sign_in(stage.deps, 71, "Ada")
    new = await sign_in(stage.deps, 99, "Ada")
    assert new.editor.id != old.editor.id


async def test_somebody_known_by_name_alone_is_recognized(stage: Stage) -> None:
    stage.users.down = True
    known = await development_actor(stage.deps, "Ada")
    assert (await sign_in(stage.deps, 71, "Ada")).editor.id == known.editor_id


async def test_many_first_sign_ins_at_once_make_one_person(stage: Stage) -> None:
    found = await asyncio.gather(*(sign_in(stage.deps, 71, "Ada") for _ in range(5)))
    assert len({one.editor.id for one in found}) == 1
    assert len({one.secret for one in found}) == 5
    assert await stage.pool.fetchval("SELECT count(*) FROM editor") == 1


async def test_signing_in_again_changes_nothing_about_the_person(stage: Stage) -> None:
    await sign_in(stage.deps, 71, "Ada")
    rules = await stage.pool.fetchval("SELECT rules_version FROM ledger")
    await sign_in(stage.deps, 71, "Ada")
    assert await stage.pool.fetchval("SELECT rules_version FROM ledger") == rules


async def test_who_has_signed_in_once_is_told_from_who_was_only_named(stage: Stage) -> None:
    named = await stage.pool.fetchval("INSERT INTO editor (username) VALUES ('Named Only') RETURNING id")
    ada = (await sign_in(stage.deps, 71, "Ada")).editor.id
    developer = (await development_actor(stage.deps, "Dev")).editor_id
    assert developer is not None
    assert await signed_in_before(stage, named, ada, developer, 10_000) == {ada, developer}


async def test_the_first_and_the_last_sign_in_are_remembered(stage: Stage) -> None:
    first = stage.deps.clock()
    await sign_in(stage.deps, 71, "Ada")
    stage.api.now += timedelta(days=3)
    await sign_in(stage.deps, 71, "Ada")
    row = await stage.pool.fetchrow("SELECT signed_in_at, seen_at FROM account")
    assert tuple(row) == (first, first + timedelta(days=3))


async def test_a_sign_in_lasts_thirty_days(stage: Stage) -> None:
    secret = (await sign_in(stage.deps, 71, "Ada")).secret
    assert timedelta(days=30) == SIGNED_IN_FOR
    stage.api.now += SIGNED_IN_FOR - timedelta(seconds=1)
    assert await username_of(stage, secret) == "Ada"
    stage.api.now += timedelta(seconds=1)
    assert await username_of(stage, secret) is None


async def test_sign_ins_that_ran_out_are_forgotten_at_the_next(stage: Stage) -> None:
    await sign_in(stage.deps, 71, "Ada")
    stage.api.now += SIGNED_IN_FOR
    await sign_in(stage.deps, 72, "Bo")
    assert await stage.pool.fetchval("SELECT count(*) FROM sign_in") == 1


async def test_who_signs_out_is_signed_out_there_and_nowhere_else(stage: Stage) -> None:
    here, there = await sign_in(stage.deps, 71, "Ada"), await sign_in(stage.deps, 71, "Ada")
    await sign_out(stage.deps, here.secret)
    await sign_out(stage.deps, here.secret)
    assert [await username_of(stage, one.secret) for one in (here, there)] == [None, "Ada"]


async def test_a_browser_that_signs_in_anew_gives_its_old_sign_in_up(stage: Stage) -> None:
    before = await sign_in(stage.deps, 71, "Ada")
    after = await sign_in(stage.deps, 72, "Bo", replacing=before.secret)
    assert [await username_of(stage, one.secret) for one in (before, after)] == [None, "Bo"]


@pytest.mark.parametrize(
    "strange",
    [
        "",
        "pgi_",
        "pgi_short",
        "x" * 43,
        "pgi_" + "é" * 43,
        "pgi_" + "a" * 1_000_000,
        "pga_" + "a" * 43,
        "pgi_" + "a" * 43,
    ],
)
async def test_a_strange_secret_is_nobodys(stage: Stage, strange: str) -> None:
    await sign_in(stage.deps, 71, "Ada")
    assert await username_of(stage, strange) is None
    assert await actor_with_token(stage.deps, strange, ()) is None
    await sign_out(stage.deps, strange)
    assert await stage.pool.fetchval("SELECT count(*) FROM sign_in") == 1


async def test_the_secret_of_a_browser_is_no_token(stage: Stage) -> None:
    secret = (await sign_in(stage.deps, 71, "Ada")).secret
    assert await actor_with_token(stage.deps, secret, ()) is None


async def test_admins_are_those_of_the_settings_and_those_that_admins_made(stage: Stage) -> None:
    ada, bo = await sign_in(stage.deps, 71, "Ada"), await sign_in(stage.deps, 72, "Bo")
    cy = await sign_in(stage.deps, 73, "Cy")
    await stage.pool.execute("INSERT INTO admin (editor_id) VALUES ($1)", bo.editor.id)
    actors = [await actor_signed_in(stage.deps, one.secret, {"ada"}) for one in (ada, bo, cy)]
    assert [actor.is_admin for actor in actors if actor] == [True, True, False]
    assert (await development_actor(stage.deps, "Bo")).is_admin


async def test_whoever_signs_in_the_first_time_is_written_down_once(stage: Stage) -> None:
    stage.users.add("Amara Quill")
    actors = await asyncio.gather(*(development_actor(stage.deps, "amara_Quill") for _ in range(5)))
    assert await development_actor(stage.deps, "Amara Quill") == actors[0]
    assert {(actor.editor_id, actor.username, actor.is_admin) for actor in actors} == {(1, "Amara Quill", False)}
    rows = await stage.pool.fetch("SELECT central_id FROM editor")
    assert [row[0] for row in rows] == [stage.users.accounts["Amara Quill"].central_id]


async def test_without_the_wikis_a_name_is_believed_and_confirmed_later(stage: Stage) -> None:
    stage.users.down = True
    actors = await asyncio.gather(*(development_actor(stage.deps, "ليلى") for _ in range(5)))
    assert len({actor.editor_id for actor in actors}) == 1
    stage.users.down = False
    stage.users.add("ليلى")
    person = await stage.person("ليلى")
    assert person.editor_id == actors[0].editor_id


async def test_a_name_that_nobody_has_signs_in_all_the_same(stage: Stage) -> None:
    assert (await development_actor(stage.deps, "Made Up")).username == "Made Up"


async def test_admins_are_named(stage: Stage) -> None:
    assert (await development_actor(stage.deps, "amara", {"User:Amara"})).is_admin
    assert not (await development_actor(stage.deps, "Bo", {"Amara"})).is_admin


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", ErrorCode.INVALID),
        ("192.0.2.1", ErrorCode.INVALID),
        ("a|b", ErrorCode.INVALID),
        ("x" * 236, ErrorCode.TOO_LONG),
    ],
)
async def test_what_can_be_nobodys_name_does_not_sign_in(stage: Stage, name: str, code: ErrorCode) -> None:
    with pytest.raises(UserFault) as refused:
        await development_actor(stage.deps, name)
    assert refused.value.code is code
