# SPDX-License-Identifier: GPL-3.0-or-later
"""Several web processes on one port: the kernel gives each connection to one of them.

They know nothing of each other and meet in PostgreSQL, as web processes on different machines do. When one ends by
itself all of them are ended, so that whoever watches over this one starts everything anew.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess

from graph import app
from graph.errors import GraphError
from graph.settings import Settings
from graph.signals import Told
from graph.web.listening import reserved

LOOK_SECONDS = 0.2
END_SECONDS = 12.0  # a process has ended within ten


def serve(settings: Settings, workers: int, prepare: Callable[[], None]) -> None:
    """Run so many web processes until SIGINT or SIGTERM; each begins with ``prepare``.

    Raises GraphError where one ended by itself, and OSError where the port is taken.
    """
    told = Told()
    with told.heard(), app.database(settings) as url, reserved(settings.host, settings.port) as port:
        own = replace(settings, port=port, database_url=url, public_url=_public_url(settings, port))
        spawning = multiprocessing.get_context("spawn")
        processes = [spawning.Process(target=_work, args=(own, prepare), daemon=True) for _ in range(workers)]
        try:
            for process in processes:
                process.start()
            while not told and all(process.is_alive() for process in processes):
                wait([process.sentinel for process in processes], LOOK_SECONDS)
        finally:
            codes = [process.exitcode for process in processes]
            _end(processes)
        if not told:
            raise GraphError(f"a web process ended by itself (with {next(code for code in codes if code is not None)})")


def _public_url(settings: Settings, port: int) -> str:
    given = settings.public_url
    return f"{given.removesuffix(':0')}:{port}" if given.endswith(":0") else given


def _end(processes: Sequence[SpawnProcess]) -> None:
    started = [process for process in processes if process.pid is not None]
    for process in started:
        process.terminate()
    for process in started:
        process.join(END_SECONDS)
        if process.is_alive():
            process.kill()


def _work(settings: Settings, prepare: Callable[[], None]) -> None:
    """One of them; it does not outlive who started it."""
    prepare()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    app.run(settings, web=True, consumer=False, worker=False, shared=True)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
