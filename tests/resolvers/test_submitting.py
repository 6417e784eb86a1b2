# SPDX-License-Identifier: GPL-3.0-or-later
"""Each form is taken once, however often it is sent."""

from __future__ import annotations

import asyncio

from graph.jobs.forgetting import forget_people
from graph.resolvers.identity import ANONYMOUS, Actor
from graph.resolvers.submitting import KEPT, Submissions
from tests.resolvers.stage import Stage

NAME = "a-random-name"


async def test_a_form_that_was_taken_leads_where_it_led(stage: Stage, amara: Actor) -> None:
    forms = Submissions(stage.deps)
    assert await forms.begin(amara, NAME) is None
    await forms.end(amara, NAME, "/programs/physics")
    assert await forms.begin(amara, NAME) == "/programs/physics"


async def test_a_form_sent_again_while_it_is_taken_waits_for_where_it_leads(stage: Stage, amara: Actor) -> None:
    forms = Submissions(stage.deps)
    assert await forms.begin(amara, NAME) is None
    again = asyncio.create_task(forms.begin(amara, NAME))
    await asyncio.sleep(0)
    await forms.end(amara, NAME, "/my")
    assert await again == "/my"


async def test_a_form_that_was_refused_may_be_sent_again(stage: Stage, amara: Actor) -> None:
    forms = Submissions(stage.deps)
    assert await forms.begin(amara, NAME) is None
    await forms.end(amara, NAME, None)
    assert await forms.begin(amara, NAME) is None


async def test_the_same_name_from_somebody_else_is_another_form(stage: Stage, amara: Actor, stranger: Actor) -> None:
    forms = Submissions(stage.deps)
    assert [await forms.begin(amara, NAME), await forms.begin(stranger, NAME)] == [None, None]


async def test_a_form_without_a_good_name_is_taken_each_time(stage: Stage, amara: Actor) -> None:
    forms = Submissions(stage.deps)
    for name in ("", "short", "x" * 65, "with a space", "nul\x00bytes"):
        assert [await forms.begin(amara, name), await forms.begin(amara, name)] == [None, None]
    assert [await forms.begin(ANONYMOUS, NAME), await forms.begin(ANONYMOUS, NAME)] == [None, None]


async def test_what_is_old_is_forgotten(stage: Stage, amara: Actor) -> None:
    forms = Submissions(stage.deps)
    await forms.begin(amara, NAME)
    await forms.end(amara, NAME, "/my")
    async with stage.deps.pool.acquire() as conn:
        await conn.execute("UPDATE submission SET at = $1", stage.api.now - KEPT)
    await forget_people(stage.deps)
    assert await forms.begin(amara, NAME) == "/my"
    async with stage.deps.pool.acquire() as conn:
        await conn.execute("UPDATE submission SET at = $1::timestamptz - interval '1 second'", stage.api.now - KEPT)
    await forget_people(stage.deps)
    assert await forms.begin(amara, NAME) is None
