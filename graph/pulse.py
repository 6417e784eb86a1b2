# SPDX-License-Identifier: GPL-3.0-or-later
"""The heartbeat of a consumer or worker: a file that its loop touches, by which a health check judges it.

It says that the loop turns, not that there is work, a database or a Wikimedia: none of these is mended by a restart.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 1.0
"""A loop that turns faster touches the file no more often."""
DEAD_SECONDS: Final = 60.0
"""A loop that has not turned for so long is taken for dead."""


class Pulse:
    """Touches the file at ``path``; where that is not possible, it says so once, and nothing else happens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = float("-inf")
        self._told = False

    def beat(self) -> None:
        """The loop has turned once more."""
        now = time.monotonic()
        if now - self._last < EVERY_SECONDS:
            return
        self._last = now
        try:
            self._path.touch()
        except OSError as error:
            if not self._told:
                log.warning("the heartbeat cannot be written, so that a health check fails: %s", error)
            self._told = True


def path(folder: Path, part: str) -> Path:
    """Where the heartbeat of a part of the service is."""
    return folder / f"programs-graph-{part}.pulse"


def trouble(file: Path) -> str | None:
    """Why the loop behind this heartbeat is taken for dead; None while it lives."""
    try:
        age = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return f"there is no heartbeat at {file}"
    return f"the last heartbeat is {age:.0f} s old" if age > DEAD_SECONDS else None
