# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from graph.schema.execution import Executor
from graph.schema.measured import SECONDS, Taken
from tests.schema.test_execution import Asked
from tests.web.toy import Context, Journal, schema

OURS = "query Ours { hello viewer }"


@pytest.fixture
def executor() -> Executor:
    def make_context(identity: object, *, last_event_id: str | None) -> Context:
        return Context(Journal(), identity, last_event_id)

    return Executor(schema, make_context, known=[OURS])


async def counts(executor: Executor, *documents: str) -> dict[tuple[str, str], tuple[int, int]]:
    """After these documents: how often each was executed, and at what cost."""
    for document in documents:
        await executor.execute(Asked(document), "Ada", allow_mutations=True)
    return {name: (taken.count, taken.cost) for name, taken in executor.measured.taken.items()}


async def test_our_own_operations_are_counted_by_name_and_all_others_together(executor: Executor) -> None:
    theirs = [f"query Theirs{number} {{ hello }}" for number in range(50)]
    found = await counts(executor, OURS, OURS, *theirs, "mutation { increment }")
    assert found == {("query", "Ours"): (2, 4), ("query", "other"): (50, 50), ("mutation", "other"): (1, 1)}


async def test_whoever_takes_the_name_of_ours_is_not_counted_as_ours(executor: Executor) -> None:
    assert await counts(executor, OURS + " ") == {("query", "other"): (1, 2)}


async def test_what_fails_was_executed_and_what_is_refused_was_not(executor: Executor) -> None:
    assert await counts(executor, "{ brokenHard }", "{", "{ nope }") == {("query", "other"): (1, 1)}


async def test_subscriptions_are_counted_when_they_begin(executor: Executor) -> None:
    results: Any = await executor.subscribe(Asked("subscription { numbers }"), "Ada")
    assert isinstance(results, AsyncGenerator)
    await results.aclose()
    assert await counts(executor) == {("subscription", "other"): (1, 1)}


async def test_how_long_it_took_is_counted_in_steps(executor: Executor) -> None:
    operation = executor.documents.understand(OURS).operation("Ours")  # type: ignore[union-attr]
    for seconds in (0.001, 0.05, 0.5, 30.0):
        executor.measured.note(OURS, operation, 1, seconds)
    assert executor.measured.taken == {("query", "Ours"): Taken(4, 4, 30.551, [1, 1, 2, 3, 3])}
    assert len(SECONDS) == 5
