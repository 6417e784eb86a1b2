# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens in whatever order, on the wikis, to the rules and in the worker: ledger and naive model agree.

All that follows from a change of rules is left to the worker. It comes now and then, and between its steps, which
are small, live edits and other changes of rules come; or it dies there and another one begins anew.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from graph.db import recounting
from tests.db import stored
from tests.db.world import END, MINUTE, NOON, START
from tests.properties.histories import Event, Step, histories, picks, steps
from tests.properties.interludes import Died, Interlude, die, in_small_steps, reassess
from tests.properties.stage import Stage, of_examples, stage, tell

windows = st.sampled_from([(START, END), (NOON, END), (NOON + MINUTE, END), (START, NOON + 2 * MINUTE)])
tracked = st.dictionaries(
    st.sampled_from(["enwiki", "dewiki", "arwiki", "commonswiki"]),
    st.sets(st.sampled_from([0, 1, 2, 6, 118]), max_size=2),
    min_size=1,
    max_size=3,
)

places = st.integers(0, 9)


@dataclass(frozen=True)
class Visit:
    """The worker comes. Before its n-th transaction things happen, or a rule (and two picks) changes, or it dies."""

    happens: dict[int, list[Step]]
    changes: dict[int, tuple[int, int, int]]
    dies: int | None


visits = st.none() | st.builds(
    Visit,
    happens=st.dictionaries(places, st.lists(steps, min_size=1, max_size=3), min_size=1, max_size=4),
    changes=st.dictionaries(places, st.tuples(st.integers(0, 2), picks, picks), max_size=1),
    dies=st.none() | st.none() | places,
)


class Ledger(RuleBasedStateMachine):
    """News may be held up (``_late``); the model is asked when all of it has been told and the worker is done."""

    on: Stage

    @initialize(history=histories)
    def begin(self, history: list[Step]) -> None:
        self.world, self.wikis = self.on.world(), self.on.wikis()
        self._late: list[Event] = []
        self._told: list[list[Event]] = []
        self.on.run(self._begin())
        self.on.run(self._tell(self._events(history)))

    async def _begin(self) -> None:
        world = self.world
        self.editors = [await world.editor(registered) for registered in (START, NOON, None)]
        self.programs = [
            await world.program(*self.editors[:2], wikis={"enwiki": {0}, "dewiki": {0, 1}, "arwiki": {0}}),
            await world.program(*self.editors[1:], wikis={"enwiki": {0, 118}, "dewiki": {2}}),
            await world.program(*self.editors[2:], wikis={"enwiki": {2}, "commonswiki": {6}}, public=False),
        ]
        self.organizations = [await world.organization(), await world.organization()]
        self.campaigns = [
            await world.campaign(*self.programs[:2], organization=self.organizations[0]),
            await world.campaign(self.programs[1], organization=self.organizations[0]),
        ]
        self.sessions = [await world.session(self.programs[0], START, NOON + 2 * MINUTE, self.editors[1])]

    # On the wikis

    @rule(step=steps, late=st.sampled_from([False, False, True]))
    def something_happens(self, step: Step, late: bool) -> None:
        event = step(self.wikis, self.editors)
        if event is None:
            return
        if late:
            self._late.append(event)
        else:
            self.on.run(self._tell([event]))

    @rule(happened=st.lists(steps, min_size=2, max_size=6), live=st.booleans())
    def much_happens_at_once(self, happened: list[Step], live: bool) -> None:
        self.on.run(self._tell(self._events(happened), live=live))

    @precondition(lambda self: self._late)
    @rule(data=st.data())
    def late_news_arrives(self, data: st.DataObject) -> None:
        order = data.draw(st.permutations(self._late))
        self._late = []
        self.on.run(self._tell(order))

    @precondition(lambda self: self._told)
    @rule(pick=picks, live=st.booleans())
    def a_batch_comes_again(self, pick: int, live: bool) -> None:
        self.on.run(self._tell(self._told[pick % len(self._told)], live=live))

    @rule(chance=st.randoms(use_true_random=False), size=st.integers(1, 6))
    def history_is_read(self, chance: Any, size: int) -> None:
        told = self.wikis.read_again()
        chance.shuffle(told)
        self.on.run(self._read(told, size))

    def _events(self, happened: list[Step]) -> list[Event]:
        return [event for step in happened if (event := step(self.wikis, self.editors)) is not None]

    async def _tell(self, events: list[Event], *, live: bool = True) -> None:
        self._told.append(events)
        await tell(self.world, events, live=live)

    async def _read(self, told: list[Event], size: int = 5) -> None:
        for first in range(0, len(told), size):
            await tell(self.world, told[first : first + size], live=False)

    # The rules. After a change the worker comes, or not yet; and whoever begins to be covered is read from the wikis.

    @rule(editor=picks, program=picks, named=st.sampled_from([True, True, False]), visit=visits)
    def an_editor_is_enrolled_or_withdrawn(self, editor: int, program: int, named: bool, visit: Visit | None) -> None:
        self.on.run(self._enroll_or_withdraw(editor, program, named))
        self._work(visit)

    async def _enroll_or_withdraw(self, editor: int, program: int, named: bool = True) -> None:
        number, who = self.programs[program % 3], self.editors[editor % 3]
        if who in self.world.naive.programs[number].editors:
            await self.world.withdraw(number, who)
        else:
            await self.world.enroll(number, who, named=named)

    @rule(program=picks, campaign=picks, visit=visits)
    def a_program_joins_or_leaves_a_campaign(self, program: int, campaign: int, visit: Visit | None) -> None:
        self.on.run(self._gather_or_release(program, campaign))
        self._work(visit)

    async def _gather_or_release(self, program: int, campaign: int) -> None:
        number, gathering = self.programs[program % 3], self.campaigns[campaign % 2]
        if number in self.world.naive.campaigns[gathering]:
            await self.world.release(gathering, number)
        else:
            await self.world.gather(gathering, number)

    @rule(campaign=picks, organization=st.integers(0, 2), visit=visits)
    def a_campaign_is_handed_over(self, campaign: int, organization: int, visit: Visit | None) -> None:
        to = [*self.organizations, None][organization]
        self.on.run(self.world.hand_over(self.campaigns[campaign % 2], to))
        self._work(visit)

    @rule(program=picks, public=st.booleans(), visit=visits)
    def a_programs_visibility_is_set(self, program: int, public: bool, visit: Visit | None) -> None:
        self.on.run(self.world.show(self.programs[program % 3], public))
        self._work(visit)

    @rule(program=picks, window=windows, visit=visits)
    def a_window_moves(self, program: int, window: tuple[Any, Any], visit: Visit | None) -> None:
        self.on.run(self.world.move_window(self.programs[program % 3], *window))
        self._work(visit)

    @rule(program=picks, wikis=tracked, visit=visits)
    def other_wikis_are_tracked(self, program: int, wikis: dict[str, set[int]], visit: Visit | None) -> None:
        self.on.run(self.world.track(self.programs[program % 3], wikis))
        self._work(visit)

    @rule(program=picks, page=picks, visit=visits)
    def an_article_is_excluded_or_included(self, program: int, page: int, visit: Visit | None) -> None:
        self.on.run(self._exclude_or_include(program, page))
        self._work(visit)

    async def _exclude_or_include(self, program: int, page: int) -> None:
        number, which = self.programs[program % 3], self.wikis.page(page)
        if which is None or not await self._is_stored(which.wiki, which.number):
            return
        excluded = (which.wiki, which.number) in self.world.naive.programs[number].excluded
        change = self.world.include if excluded else self.world.exclude
        await change(number, which.wiki, which.number)

    async def _is_stored(self, wiki: str, page: int) -> bool:
        query = "SELECT FROM page p JOIN wiki w ON w.id = p.wiki_id WHERE w.dbname = $1 AND p.page_id = $2"
        return await self.world.pool.fetchrow(query, wiki, page) is not None

    @rule(program=picks, window=windows, participants=st.sets(st.integers(0, 2), max_size=2), visit=visits)
    def a_session_is_created(
        self, program: int, window: tuple[Any, Any], participants: set[int], visit: Visit | None
    ) -> None:
        who = [self.editors[index] for index in participants]
        self.sessions.append(self.on.run(self.world.session(self.programs[program % 3], *window, *who)))
        self._work(visit)

    @rule(session=picks, participants=st.sets(st.integers(0, 2), max_size=2), visit=visits)
    def others_take_part_in_a_session(self, session: int, participants: set[int], visit: Visit | None) -> None:
        who = [self.editors[index] for index in participants]
        self.on.run(self.world.invite(self.sessions[session % len(self.sessions)], *who))
        self._work(visit)

    # The worker

    def _work(self, visit: Visit | None) -> None:
        if visit is not None:
            with suppress(Died):
                self.on.run(reassess(self.world.pool, self._interludes(visit)))
        self.on.run(self._read(self.wikis.read_again(), 50))

    def _interludes(self, visit: Visit) -> dict[int, Interlude]:
        changes = (self._enroll_or_withdraw, self._gather_or_release, self._exclude_or_include)
        happens: dict[int, Interlude] = {
            place: lambda happened=happened: self._tell(self._events(happened))  # type: ignore[misc]
            for place, happened in visit.happens.items()
        }
        for place, (which, *picked) in visit.changes.items():
            happens[place] = lambda which=which, picked=picked: changes[which](*picked)  # type: ignore[misc]
        return happens if visit.dies is None else {**happens, visit.dies: die}

    # What must hold

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.on.run(self._agree())

    async def _agree(self) -> None:
        world = self.world
        await self._tell(self._late)
        await self._read(self.wikis.read_again())
        await reassess(world.pool)
        await world.end_holding_out()
        await reassess(world.pool)
        await world.learn()
        collections = world.naive.collections()
        async with world.pool.acquire() as conn:
            assert await recounting.check(conn, collections) == []
            for collection in collections:
                assert await stored.numbers(conn, collection) == world.naive.numbers(collection)


def test_the_ledger_and_the_naive_model_agree_whatever_happens(database_url: str) -> None:
    with stage(database_url) as on, in_small_steps():

        class OnThisStage(Ledger):
            pass

        OnThisStage.on = on
        run_state_machine_as_test(OnThisStage, settings=settings(of_examples(20), stateful_step_count=25))
