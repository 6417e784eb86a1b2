# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from tests.db.world import DAY, END, NOON, SECOND, START, World, edit
from tests.properties.interludes import in_small_steps, reassess


@pytest.mark.parametrize("place", range(10))
async def test_an_edit_that_counts_as_none_did_before_is_in_the_new_numbers(world: World, place: int) -> None:
    ann = await world.editor()
    first = await world.program(ann)
    second = await world.program(ann, start=NOON + DAY)
    campaign = await world.campaign(first, second)
    await world.saw(*(edit(number, ann, page=number, created=True) for number in range(1, 9)))
    with in_small_steps():
        await world.move_window(first, NOON + 4 * SECOND, END)
        # Nothing was saved yet that counts for both programs.
        both = edit(100, ann, page=100, at=NOON + 2 * DAY)
        transactions = await reassess(world.pool, {place: lambda: world.saw(both)})
    assert transactions >= 10
    assert await world.edits(first, second, campaign) == [6, 1, 6]
    await world.move_window(first, START, END)
    await world.agree()
