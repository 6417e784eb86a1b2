# SPDX-License-Identifier: GPL-3.0-or-later
"""How far something long has come, on a terminal as a bar, elsewhere as a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from graph.terminal import harmless

LINE_SECONDS = 5.0  # at least, between two lines where there is no terminal


class ProgressBars:
    """One bar for each name, with counts and the time left, written to ``file`` while the block lasts."""

    def __init__(self, file: TextIO, timer: Callable[[], float] = time.monotonic) -> None:
        self._console = Console(file=file)
        self._timer = timer
        self._told: tuple[float, str] | None = None
        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.fields[name]}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[counts]}", markup=False),
            TimeRemainingColumn(),
            console=self._console,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def show(self, name: str, done: int, total: int, edits: int, end: bool) -> None:
        """Say how far ``name`` has come: editors read of all there are, and the contributions found."""
        name = harmless(name)
        counts = f"{done:,} of {total:,} editors, {edits:,} contributions"
        if not self._console.is_terminal:
            self._line(f"{name}: {counts}{', done' if end else ''}", end)
            return
        if name not in self._bars:
            self._bars[name] = self._progress.add_task("", name=name, counts=counts)
        # Where there is nothing to read, all of it is read.
        shown = max(total, 1)
        self._progress.update(self._bars[name], completed=shown if end else done, total=shown, counts=counts)

    def _line(self, text: str, end: bool) -> None:
        now = self._timer()
        if self._told is None or end or (now - self._told[0] >= LINE_SECONDS and text != self._told[1]):
            self._told = (now, text)
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)
