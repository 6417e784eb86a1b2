# SPDX-License-Identifier: GPL-3.0-or-later
"""How far something has come: a bar on a terminal, lines now and then elsewhere."""

from __future__ import annotations

from io import StringIO

import pytest

from graph.progress_bar import ProgressBars


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Timer:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_without_a_terminal_there_is_a_line_every_few_seconds_and_one_at_the_end() -> None:
    file, timer = StringIO(), Timer()
    with ProgressBars(file, timer) as bars:
        bars.show("rivers", 0, 40, 0, False)
        timer.seconds = 4.9
        bars.show("rivers", 9, 40, 900, False)
        timer.seconds = 5.0
        bars.show("rivers", 10, 40, 1000, False)
        timer.seconds = 60.0
        bars.show("rivers", 10, 40, 1000, False)
        bars.show("rivers", 40, 40, 4000, True)
    assert file.getvalue().splitlines() == [
        "rivers: 0 of 40 editors, 0 contributions",
        "rivers: 10 of 40 editors, 1,000 contributions",
        "rivers: 40 of 40 editors, 4,000 contributions, done",
    ]


def test_a_name_cannot_colour_or_move_anything() -> None:
    file = StringIO()
    with ProgressBars(file) as bars:
        bars.show("[red]\x1b[31mrivers", 1, 1, 1, True)
    assert file.getvalue() == "[red]\ufffd[31mrivers: 1 of 1 editors, 1 contributions, done\n"


def test_a_terminal_shows_counts_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    file = Terminal()
    with ProgressBars(file) as bars:
        bars.show("rivers", 1_000, 4_000, 123_456, False)
        bars.show("lakes", 0, 0, 0, True)
    shown = file.getvalue()
    assert "1,000 of 4,000 editors, 123,456 contributions" in shown
    assert "-:--:--" in shown
    assert "0 of 0 editors, 0 contributions" in shown
