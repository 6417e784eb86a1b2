# SPDX-License-Identifier: GPL-3.0-or-later
"""The live source against the stand-in for Wikimedia, with everything going wrong at once."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from datetime import UTC, datetime

import httpx
import pytest

from graph.edits import Batch, Edit
from graph.matching import Enrolled, Index
from graph.simulator.app import create_app
from graph.simulator.faults import Faults
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from graph.simulator.truth import truth
from graph.streams.connection import Pauses
from graph.streams.eventstreams import EventStream, Pace
from graph.streams.transport import StreamTransport

AGENT = "ProgramsGraphTests/1.0 (https://graph.example/; tests@graph.example)"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
TITLES = {"enwiki": "Bridge", "arwiki": "جسر", "zhwiki": "橋", "commonswiki": "Bridge"}


def write(wikimedia: Wikimedia, names: list[str], edits: int, chances: random.Random) -> None:
    for number in range(edits):
        wiki = chances.choice(list(TITLES))
        title = f"{TITLES[wiki]} {chances.randrange(40)}"
        wikimedia.save(wiki, title, chances.choice(names), size=chances.randrange(5000), summary=f"edit {number}")


def all_edits(batches: list[Batch]) -> dict[tuple[str, int], Edit]:
    return {(seen.edit.wiki, seen.edit.revision_id): seen.edit for batch in batches for seen in batch.edits}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_edit_of_an_enrolled_editor_arrives_as_it_was_whatever_happens(seed: int) -> None:
    chances = random.Random(seed)
    wikimedia = Wikimedia(seed=seed)
    accounts = [wikimedia.create_user(f"Editor {number}") for number in range(8)]
    enrolled = accounts[:4]
    index = Index(Enrolled(number, account.central_id, account.name, *EVER) for number, account in enumerate(enrolled))
    faults = Faults(
        seed=seed,
        cut_bytes=(4_000, 200_000),
        stall_events=(30, 200),
        duplicate=0.1,
        reorder=0.2,
        garbage=0.1,
        errors=2,
        refusals=[502, 503],
        switch_when_idle=3,
        connection_limit=1,
        chunk_sizes=(1, 3000) if seed == 1 else None,
    )
    write(wikimedia, [account.name for account in accounts], 300, chances)
    batches: list[Batch] = []
    async with (
        running(create_app(wikimedia, faults)) as base,
        httpx.AsyncClient(transport=StreamTransport()) as client,
        asyncio.timeout(60),
    ):
        stream = EventStream(
            client=client,
            url=base,
            user_agent=AGENT,
            find=index.find,
            checkpoint=None,
            pauses=Pauses(chances.random, first=0.01, longest=0.05, slow=0.05),
            pace=Pace(interval=0.001, heartbeat=0.01),
            read_seconds=0.3,
        )
        async with aclosing(stream.batches()) as source:
            async for batch in source:
                batches.append(batch)
                if len(batches) == 5:
                    write(wikimedia, [account.name for account in accounts], 300, chances)
                if len(batches) > 5 and stream.status.reconnects > 5:
                    faults.cut_bytes = faults.stall_events = None
                if len(batches) > 5 and len(all_edits(batches)) == _expected(wikimedia, len(enrolled)):
                    break
    arrived = all_edits(batches)
    true = {(one.wiki, one.revision_id): one for one in truth(wikimedia).revisions}
    names = {account.name for account in enrolled}
    assert arrived.keys() == {key for key, one in true.items() if one.username in names}
    for key, edit in arrived.items():
        one = true[key]
        assert (edit.title, edit.byte_change, edit.created) == (one.title, one.byte_change, one.created)
        assert (edit.username, edit.central_id, edit.summary) == (one.username, one.central_id, one.summary)
        assert edit.at.strftime("%Y-%m-%dT%H:%M:%SZ") == one.at
    assert stream.status.connections > 5
    assert stream.status.rejected


def _expected(wikimedia: Wikimedia, enrolled: int) -> int:
    names = {f"Editor {number}" for number in range(enrolled)}
    return sum(one.username in names for one in truth(wikimedia).revisions)
