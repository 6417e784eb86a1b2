# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test may ask for: a real PostgreSQL, a database of its own, and peace from the world outside.

A database is a copy of one that was migrated once in this session, so a test pays some milliseconds for it and may
commit what it likes. With GRAPH_DATABASE_URL the server is that one (its user must be allowed to create databases);
otherwise an embedded one is started for the session, without fsync, and in memory where there is room: a database is
some hundred files, and to make them is most of what a small test costs.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest

from graph.db import embedded, migrate
from graph.db.pool import Pool, connect

# Nobody's settings reach a test: each test says which it wants.
GIVEN_SERVER = os.environ.get("GRAPH_DATABASE_URL")
for name in [name for name in os.environ if name.startswith("GRAPH_")] + ["PORT"]:
    os.environ.pop(name, None)

hypothesis.settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None, database=None)
hypothesis.settings.register_profile("dev", max_examples=500, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

IN_A_HURRY = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200",
    "autovacuum": "off",  # no database lives long enough to need it
    "wal_init_zero": "off", "max_wal_size": "256MB",
}  # fmt: skip
MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # free bytes in memory for one server: its log, and a few databases of 10 MB at a time
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The DSN of a database on a PostgreSQL server where databases may be created."""
    if GIVEN_SERVER:
        yield GIVEN_SERVER
        return
    with (
        tempfile.TemporaryDirectory(prefix="graph-tests-", dir=in_memory()) as folder,
        embedded.start(Path(folder), IN_A_HURRY) as server,
    ):
        yield server.url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated database to copy; nobody connects to it."""
    name = f"graph_template_{token_hex(6)}"
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    _wait(migrate.migrate(with_database(server_url, name)))
    yield name
    _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """The DSN of a database with nothing in it."""
    with new_database(server_url, "template0") as url:
        yield url


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The DSN of a migrated database of this test's own."""
    with new_database(server_url, template) as url:
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """Connections to this test's own migrated database."""
    opened = await connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, and `make test` has said so."""
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here: apt-get install chromium")


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for the world outside fails at once, whether or not there is a network."""
    plain = socket.socket.connect

    def connect_nearby(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to connect to {address[0]}")
        plain(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)


def in_memory() -> Path | None:
    """A folder whose files are in memory, where there is one with room enough."""
    try:
        free = shutil.disk_usage(MEMORY).free
    except OSError:
        return None
    return MEMORY if free >= ROOM and os.access(MEMORY, os.W_OK) else None


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) is this machine."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def with_database(url: str, name: str) -> str:
    """``url`` with another database's name."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def new_database(server_url: str, template: str) -> Iterator[str]:
    """A copy of a database (``template0``: an empty one), while the block runs; gives its DSN."""
    name = f"graph_test_{token_hex(6)}"
    quickly = "" if GIVEN_SERVER else " STRATEGY FILE_COPY"  # a checkpoint, which only a hasty server makes for nothing
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}{quickly}")
    yield with_database(server_url, name)
    _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: str, statement: str) -> None:
    _clerk().execute(url, statement)


class _Clerk:
    """Makes and removes databases over one connection of its own, in a thread of its own: thousands are made."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._connections: dict[str, asyncpg.Connection[Any]] = {}
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def execute(self, url: str, statement: str) -> None:
        """Run a statement, and wait for it."""
        asyncio.run_coroutine_threadsafe(self._execute(url, statement), self._loop).result()

    async def _execute(self, url: str, statement: str) -> None:
        if url not in self._connections:
            self._connections[url] = await asyncpg.connect(url)
        await self._connections[url].execute(statement)


@functools.cache
def _clerk() -> _Clerk:
    return _Clerk()


def _wait(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` to its end in a loop of its own: the test's loop is not disturbed, running or not."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
