# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens in whatever order, on the wikis and to the rules: the ledger and the naive model agree."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from graph.db import recounting
from tests.db import stored
from tests.db.world import END, MINUTE, NOON, START
from tests.properties.histories import Event, Step, picks, steps
from tests.properties.stage import Stage, of_examples, stage, tell

windows = st.sampled_from([(START, END), (NOON, END), (NOON + MINUTE, END), (START, NOON + 2 * MINUTE)])
tracked = st.dictionaries(
    st.sampled_from(["enwiki", "dewiki", "arwiki", "commonswiki"]),
    st.sets(st.sampled_from([0, 1, 2, 6, 118]), max_size=2),
    min_size=1,
    max_size=3,
)


class Ledger(RuleBasedStateMachine):
    """News may be held up (``_late``); the model is asked when all of it has been told."""

    on: Stage

    @initialize()
    def begin(self) -> None:
        self.world, self.wikis = self.on.world(), self.on.wikis()
        self._late: list[Event] = []
        self._told: list[list[Event]] = []
        self.on.run(self._begin())

    async def _begin(self) -> None:
        world = self.world
        self.editors = [await world.editor(registered) for registered in (START, NOON, None)]
        self.programs = [
            await world.program(*self.editors[:2]),
            await world.program(self.editors[1], wikis={"enwiki": {0, 118}, "dewiki": {2}}),
            await world.program(self.editors[2], wikis={"arwiki": {0}, "commonswiki": {6}}, public=False),
        ]
        self.organizations = [await world.organization(), await world.organization()]
        self.campaigns = [
            await world.campaign(*self.programs[:2], organization=self.organizations[0]),
            await world.campaign(self.programs[1], organization=self.organizations[0]),
        ]

    # On the wikis

    @rule(step=steps, late=st.sampled_from([False, False, True]))
    def something_happens(self, step: Step, late: bool) -> None:
        event = step(self.wikis, self.editors)
        if event is None:
            return
        if late:
            self._late.append(event)
        else:
            self._tell([event])

    @rule(happened=st.lists(steps, min_size=2, max_size=6), live=st.booleans())
    def much_happens_at_once(self, happened: list[Step], live: bool) -> None:
        events = [event for step in happened if (event := step(self.wikis, self.editors)) is not None]
        self._tell(events, live=live)

    @precondition(lambda self: self._late)
    @rule(data=st.data())
    def late_news_arrives(self, data: st.DataObject) -> None:
        order = data.draw(st.permutations(self._late))
        self._late = []
        self._tell(order)

    @precondition(lambda self: self._told)
    @rule(pick=picks, live=st.booleans())
    def a_batch_comes_again(self, pick: int, live: bool) -> None:
        self._tell(self._told[pick % len(self._told)], live=live)

    def _tell(self, events: list[Event], *, live: bool = True) -> None:
        self._told.append(events)
        self.on.run(tell(self.world, events, live=live))

    # The rules. Whoever begins to be covered is read from the wikis again, as the worker does.

    @rule(editor=picks, program=picks, named=st.sampled_from([True, True, False]))
    def an_editor_is_enrolled_or_withdrawn(self, editor: int, program: int, named: bool) -> None:
        number, who = self.programs[program % 3], self.editors[editor % 3]
        if who in self.world.naive.programs[number].editors:
            self.on.run(self.world.withdraw(number, who))
        else:
            self.on.run(self.world.enroll(number, who, named=named))
            self._backfill()

    @rule(program=picks, campaign=picks)
    def a_program_joins_or_leaves_a_campaign(self, program: int, campaign: int) -> None:
        number, gathering = self.programs[program % 3], self.campaigns[campaign % 2]
        if number in self.world.naive.campaigns[gathering]:
            self.on.run(self.world.release(gathering, number))
        else:
            self.on.run(self.world.gather(gathering, number))

    @rule(campaign=picks, organization=st.integers(0, 2))
    def a_campaign_is_handed_over(self, campaign: int, organization: int) -> None:
        to = [*self.organizations, None][organization]
        self.on.run(self.world.hand_over(self.campaigns[campaign % 2], to))

    @rule(program=picks, public=st.booleans())
    def a_programs_visibility_is_set(self, program: int, public: bool) -> None:
        self.on.run(self.world.show(self.programs[program % 3], public))

    @rule(program=picks, window=windows)
    def a_window_moves(self, program: int, window: tuple[object, object]) -> None:
        self.on.run(self.world.move_window(self.programs[program % 3], *window))  # type: ignore[arg-type]
        self._backfill()

    @rule(program=picks, wikis=tracked)
    def other_wikis_are_tracked(self, program: int, wikis: dict[str, set[int]]) -> None:
        self.on.run(self.world.track(self.programs[program % 3], wikis))
        self._backfill()

    @rule(program=picks, window=windows, participants=st.sets(st.integers(0, 2), max_size=2))
    def a_session_is_created(self, program: int, window: tuple[object, object], participants: set[int]) -> None:
        who = [self.editors[index] for index in participants]
        self.on.run(self.world.session(self.programs[program % 3], *window, *who))  # type: ignore[arg-type]

    def _backfill(self) -> None:
        self.on.run(self.world.backfill(*self.editors))

    # What must hold

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self._tell(self._late)
            self.on.run(self._agree())

    async def _agree(self) -> None:
        world = self.world
        collections = world.naive.collections()
        async with world.pool.acquire() as conn:
            assert await recounting.check(conn, collections) == []
            for collection in collections:
                assert await stored.numbers(conn, collection) == world.naive.numbers(collection)


def test_the_ledger_and_the_naive_model_agree_whatever_happens(database_url: str) -> None:
    with stage(database_url) as on:

        class OnThisStage(Ledger):
            pass

        OnThisStage.on = on
        run_state_machine_as_test(OnThisStage, settings=settings(of_examples(20), stateful_step_count=25))
