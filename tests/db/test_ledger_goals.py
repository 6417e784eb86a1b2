# SPDX-License-Identifier: GPL-3.0-or-later
"""Goals: reached once, announced once, never taken back."""

from __future__ import annotations

from graph.activity import MilestoneReached
from graph.edits import PageDeleted, PageMoved
from graph.programs import GoalMetric
from tests.db.world import DAY, END, MINUTE, NOON, START, World, edit


async def milestones(world: World, collection: int, after: int = 0) -> list[tuple[str, int, int]]:
    return [
        (each.goal.metric.value, each.goal.target, each.goal.actual)
        for each in await world.activity(collection, after=after)
        if isinstance(each, MilestoneReached)
    ]


async def test_a_goal_is_reached_by_the_edit_that_reaches_it(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    campaign = await world.campaign(program)
    await world.goal(program, "TOTAL_EDITS", 2)
    await world.saw(edit(1, ann))
    assert await milestones(world, program) == []
    await world.saw(edit(2, ann))
    for collection in (program, campaign):
        (milestone,) = [e for e in await world.activity(collection) if isinstance(e, MilestoneReached)]
        assert (milestone.program_id, milestone.goal.metric, milestone.goal.target, milestone.goal.actual) == (
            program,
            GoalMetric.TOTAL_EDITS,
            2,
            2,
        )
        assert milestone.edit is not None
        assert milestone.edit.revision_id == 2
    await world.agree()


async def test_a_goal_is_announced_once_and_never_taken_back(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.goal(program, "ARTICLES_CREATED", 1)
    await world.saw(edit(1, ann, created=True))
    await world.saw(changes=[PageDeleted("enwiki", 1, NOON + MINUTE)])
    assert (await world.headline(program)).articles_created == 0
    reached = await world.pool.fetchval("SELECT reached_at FROM goal")
    assert reached is not None
    await world.saw(edit(2, ann, page=2, created=True))
    assert await milestones(world, program) == [("ARTICLES_CREATED", 1, 1)]
    assert await world.pool.fetchval("SELECT reached_at FROM goal") == reached


async def test_every_metric_reaches_its_goal(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    wanted = {
        "TOTAL_EDITS": 2,
        "ARTICLES_CREATED": 1,
        "ARTICLES_EDITED": 2,
        "ACTIVE_EDITORS": 1,
        "BYTES_ADDED": 600,
        "COMMONS_UPLOADS": 1,
    }
    for metric, target in wanted.items():
        await world.goal(program, metric, target)
    await world.goal(program, "REFERENCES_ADDED", 1)
    await world.saw(
        edit(1, ann, created=True, size=500),
        edit(2, ann, page=2, size=100),
        edit(3, ann, wiki="commonswiki", namespace=6, created=True),
    )
    assert await milestones(world, program) == [(metric, target, target) for metric, target in wanted.items()]


async def test_a_goal_may_be_overshot(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.goal(program, "BYTES_ADDED", 50)
    await world.saw(edit(1, ann, size=170))
    assert await milestones(world, program) == [("BYTES_ADDED", 50, 170)]


async def test_a_move_may_reach_a_goal(world: World) -> None:
    ann = await world.editor()
    program = await world.program(ann)
    await world.goal(program, "ARTICLES_CREATED", 1)
    await world.saw(edit(1, ann, namespace=2, created=True))
    await world.saw(changes=[PageMoved("enwiki", 1, 0, "An article", NOON + MINUTE)])
    assert await milestones(world, program) == [("ARTICLES_CREATED", 1, 1)]


async def test_an_edit_of_two_programs_reaches_a_goal_of_each(world: World) -> None:
    ann = await world.editor()
    first, second = await world.program(ann), await world.program(ann)
    campaign = await world.campaign(first, second)
    for program in (first, second):
        await world.goal(program, "TOTAL_EDITS", 1)
    await world.saw(edit(1, ann))
    found = [each for each in await world.activity(campaign) if isinstance(each, MilestoneReached)]
    assert [each.program_id for each in found] == [first, second]


async def test_an_enrolment_and_a_wider_window_may_reach_a_goal(world: World) -> None:
    ann, bob = await world.editor(), await world.editor()
    elsewhere = await world.program(ann, bob)
    program = await world.program(bob, start=NOON + DAY)
    await world.saw(edit(1, ann, at=NOON + DAY), edit(2, bob))
    await world.goal(program, "TOTAL_EDITS", 1)
    await world.enroll(program, ann)
    assert await milestones(world, program) == [("TOTAL_EDITS", 1, 1)]
    await world.goal(program, "ACTIVE_EDITORS", 2)
    await world.move_window(program, START, END)
    assert await milestones(world, program) == [("TOTAL_EDITS", 1, 1), ("ACTIVE_EDITORS", 2, 2)]
    assert await milestones(world, elsewhere) == []


async def test_a_private_programs_milestone_is_not_told_in_its_campaign(world: World) -> None:
    ann = await world.editor()
    public, private = await world.program(ann), await world.program(ann, public=False)
    campaign = await world.campaign(public, private)
    await world.goal(private, "TOTAL_EDITS", 1)
    await world.saw(edit(1, ann))
    assert await milestones(world, private) == [("TOTAL_EDITS", 1, 1)]
    assert await milestones(world, campaign) == []
