# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is lost and nothing counted twice, whatever dies; and the harness that says so is believed because it catches
four designs that look right.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kills.designs import CHECKPOINT_FIRST, CHECKPOINT_LAST, COUNTED_BLINDLY, RIGHT, SERVED_ID
from tests.kills.harness import run
from tests.kills.plan import SHORT, SPARSE, Plan
from tests.kills.server import Server
from tests.kills.verdict import Verdict

SEED = 1


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="graph-kills-") as folder, Server(Path(folder)) as started:
        yield started


async def test_every_edit_counts_exactly_once_although_everything_is_killed_and_the_stream_lies(
    server: Server, tmp_path: Path
) -> None:
    verdict = await run(server, tmp_path, Plan(), seed=SEED)
    assert verdict.clean, explained(verdict)
    story = verdict.went_through
    assert story["edits"] >= 5000
    assert (story["kills"], story["restarts"]) == (20, 2)
    # A clean verdict means nothing where nothing happened.
    for hit in ("in_transaction", "switches", "breaks", "duplicates", "garbage"):
        assert story[hit], f"{hit}: {verdict}"


async def test_changes_far_apart_are_not_saved_by_reading_the_last_minute_again(server: Server, tmp_path: Path) -> None:
    verdict = await run(server, tmp_path, SPARSE, seed=SEED, design=RIGHT)
    assert verdict.clean, explained(verdict)


async def test_sending_the_served_id_back_is_caught_losing_edits(server: Server, tmp_path: Path) -> None:
    verdict = await run(server, tmp_path, SHORT, seed=SEED, design=SERVED_ID)
    assert verdict.lost, explained(verdict)
    assert verdict.under
    assert verdict.activity


async def test_a_checkpoint_before_the_edits_is_caught_losing_edits(server: Server, tmp_path: Path) -> None:
    verdict = await run(server, tmp_path, SPARSE, seed=SEED, design=CHECKPOINT_FIRST)
    assert verdict.lost, explained(verdict)
    assert verdict.under


async def test_a_checkpoint_after_the_edits_is_caught_counting_twice(server: Server, tmp_path: Path) -> None:
    verdict = await run(server, tmp_path, SPARSE, seed=SEED, design=CHECKPOINT_LAST)
    assert verdict.over, explained(verdict)
    assert verdict.drift


async def test_counters_not_tied_to_what_the_insert_returned_are_caught_counting_twice(
    server: Server, tmp_path: Path
) -> None:
    verdict = await run(server, tmp_path, SHORT, seed=SEED, design=COUNTED_BLINDLY)
    assert verdict.over, explained(verdict)
    assert not verdict.lost
    assert verdict.drift


def explained(verdict: Verdict) -> str:
    return "\n".join([str(verdict), *verdict.examples])
