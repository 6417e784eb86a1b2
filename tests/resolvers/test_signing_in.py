# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio

import pytest

from graph.errors import ErrorCode, UserFault
from graph.resolvers.signing_in import development_actor
from tests.resolvers.stage import Stage


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
