# SPDX-License-Identifier: GPL-3.0-or-later
"""Being told to end: whenever it comes, it is heard, and nothing is left half done."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from graph import signals
from graph.signals import Told


def tell(number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.mark.parametrize("number", signals.ENDING)
def test_what_must_not_be_left_half_done_is_done_to_its_end(told: Told, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with told.heard():
        assert not told
        tell(number)
        assert told
    assert signal.getsignal(number) == before


async def test_work_is_interrupted_where_it_can_clean_up(told: Told) -> None:
    cleaned = False

    async def work() -> None:
        nonlocal cleaned
        tell()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned = True

    with told.heard():
        await told.interrupts(work())
        assert cleaned


async def test_work_does_not_begin_after_the_signal(told: Told) -> None:
    begun = False

    async def work() -> None:
        nonlocal begun
        begun = True

    with told.heard():
        tell()
        await told.interrupts(work())
    assert not begun


async def test_what_follows_the_work_is_not_interrupted(told: Told) -> None:
    with told.heard():
        await told.interrupts(asyncio.sleep(0))
        tell()
        assert told


async def test_work_that_fails_says_so(told: Told) -> None:
    async def work() -> None:
        raise OSError("the port is in use")

    with told.heard(), pytest.raises(OSError, match="in use"):
        await told.interrupts(work())


async def test_work_that_cancels_itself_was_not_told(told: Told) -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with told.heard(), pytest.raises(asyncio.CancelledError):
        await told.interrupts(work())


def test_a_signal_repeated_at_once_is_the_same_one_and_a_later_one_is_impatience(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told.heard():
        tell()
        tell(signal.SIGINT)
        monkeypatch.setattr(signals, "SAME_SIGNAL_SECONDS", -1.0)
        with pytest.raises(SystemExit) as ended:
            tell()
        assert ended.value.code == 143
