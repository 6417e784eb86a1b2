# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL that keeps its promises (fsync on, as the service runs it) and can be made to crash."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import asyncpg

from graph.db import embedded
from graph.db.migrate import migrate

STOP_SECONDS = 20
_TEMPLATE = "kills_template"


class Server:
    """The embedded server in ``folder``, with its default settings, while the block runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shares = ExitStack()
        self._databases = 0
        self._migrated = False
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._shares.close()

    def stop(self) -> None:
        """Shut it down in order; blocks until it has ended."""
        self._shares.close()

    def start(self) -> None:
        """Start it again; blocks until it answers."""
        self.url = self._shares.enter_context(embedded.start(self._folder)).url

    def restart(self) -> None:
        """Crash it and start it again; blocks until it answers.

        SIGQUIT to the postmaster is what ``pg_ctl -m immediate stop`` sends: every process of the server exits at
        once, without a checkpoint, and the next start recovers from the log.
        """
        pid_file = self._folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text("utf-8").splitlines()[0]), signal.SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        while pid_file.exists():
            if time.monotonic() > deadline:
                raise TimeoutError("PostgreSQL does not stop")
            time.sleep(0.01)
        self.start()

    async def new_database(self) -> str:
        """The DSN of a migrated database with nothing in it."""
        if not self._migrated:
            await self._execute(f"CREATE DATABASE {_TEMPLATE}")
            await migrate(self._with(_TEMPLATE))
            self._migrated = True
        self._databases += 1
        name = f"kills_{self._databases}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self._with(name)

    def _with(self, database: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
