# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from graph.db import embedded
from graph.errors import DatabaseUnavailable
from tests.conftest import in_memory

FAST = {"fsync": "off"}
# A process that joins the server, says so, and gives its share back when its standard input ends.
COMPANION = """
import sys
from pathlib import Path
from graph.db import embedded
server = embedded.start(Path(sys.argv[1]), {"fsync": "off"})
print("joined", flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="graph-embedded-", dir=in_memory() or tmp_path) as place:
        yield Path(place) / "postgresql"


@pytest.fixture
def server(folder: Path) -> Iterator[embedded.EmbeddedServer]:
    with embedded.start(folder, FAST) as running:
        yield running


def socket_of(server: embedded.EmbeddedServer) -> Path:
    return Path(parse_qs(urlsplit(server.url).query)["host"][0]) / ".s.PGSQL.5432"


def companion(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COMPANION, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "joined\n"
    return process


def end(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=30)
    return process.returncode


async def test_the_url_leads_to_a_postgresql_in_utc_without_tcp(server: embedded.EmbeddedServer) -> None:
    connection = await asyncpg.connect(server.url)
    shown = [
        await connection.fetchval(f"SHOW {name}")
        for name in ("server_version_num", "timezone", "listen_addresses", "server_encoding", "fsync")
    ]
    await connection.close()
    assert shown[0].startswith("18")
    assert shown[1:] == ["UTC", "", "UTF8", "off"]


def test_only_the_servers_own_user_reaches_its_socket(server: embedded.EmbeddedServer) -> None:
    assert stat.S_IMODE(socket_of(server).stat().st_mode) == 0o700


async def test_data_outlive_the_server(folder: Path) -> None:
    for expected in (None, "kept"):
        with embedded.start(folder, FAST) as server:
            connection = await asyncpg.connect(server.url)
            await connection.execute("CREATE TABLE IF NOT EXISTS notes (note text)")
            assert await connection.fetchval("SELECT note FROM notes") == expected
            await connection.execute("INSERT INTO notes VALUES ('kept')")
            await connection.close()


def test_stop_leaves_no_server_and_may_be_repeated(folder: Path) -> None:
    server = embedded.start(folder, FAST)
    path = socket_of(server)
    server.stop()
    server.stop()
    assert not path.exists()
    assert not (folder / "data" / "postmaster.pid").exists()
    assert [entry.name for entry in folder.iterdir()] == ["data"]


def test_the_last_share_given_back_stops_the_server(folder: Path) -> None:
    first = embedded.start(folder, FAST)
    second = embedded.start(folder, FAST)
    assert first.url == second.url
    first.stop()
    assert socket_of(second).exists()
    second.stop()
    assert not socket_of(second).exists()


def test_another_process_keeps_the_server_running(folder: Path) -> None:
    server = embedded.start(folder, FAST)
    other = companion(folder)
    server.stop()
    assert socket_of(server).exists()
    assert end(other) == 0
    assert not socket_of(server).exists()


def test_a_killed_process_does_not_count_as_a_user(folder: Path) -> None:
    server = embedded.start(folder, FAST)
    other = companion(folder)
    other.send_signal(signal.SIGKILL)
    end(other)
    assert socket_of(server).exists()
    server.stop()
    assert not socket_of(server).exists()


def test_a_server_whose_only_user_was_killed_is_joined_and_then_stopped(folder: Path) -> None:
    other = companion(folder)
    other.send_signal(signal.SIGKILL)
    end(other)
    number = (folder / "data" / "postmaster.pid").read_text().splitlines()[0]
    with embedded.start(folder, FAST) as server:
        assert (folder / "data" / "postmaster.pid").read_text().splitlines()[0] == number
    assert not socket_of(server).exists()


def test_a_process_number_that_now_belongs_to_somebody_else_is_no_server(folder: Path) -> None:
    embedded.start(folder, FAST).stop()
    alive = str(os.getpid())
    (folder / "data" / "postmaster.pid").write_text(f"{alive}\n{folder}/data\n1\n5432\n{folder}/data\n\n\nready\n")
    with embedded.start(folder, FAST) as server:
        assert socket_of(server).exists()


async def test_a_path_too_long_for_a_socket_gets_a_short_one_that_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / ("long, with spaces and 'quotes' " + "x" * 100) / "postgresql"
    with embedded.start(folder, FAST) as server:
        path = socket_of(server)
        assert len(os.fsencode(path)) <= 103
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        await (await asyncpg.connect(server.url)).close()
    assert not path.parent.exists()


def test_variables_meant_for_another_postgresql_do_not_matter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "9999")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with embedded.start(folder, FAST) as server:
        assert socket_of(server).exists()


def test_an_interrupted_creation_is_begun_again(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    with embedded.start(folder, FAST) as server:
        assert socket_of(server).exists()
    assert [entry.name for entry in folder.iterdir()] == ["data"]


def test_a_cluster_of_another_version_is_refused_with_advice(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(
        DatabaseUnavailable, match=r"was made by PostgreSQL 16, the embedded one is 18: .*GRAPH_DATA_DIR"
    ):
        embedded.start(folder)


def test_a_folder_that_cannot_be_made_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"cannot use .*file/postgresql: Not a directory; set GRAPH_DATA_DIR"):
        embedded.start(tmp_path / "file" / "postgresql")


@pytest.mark.parametrize("parent", ["near", "far" * 40])
def test_a_server_that_will_not_start_says_why_and_leaves_no_socket(
    tmp_path: Path, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(DatabaseUnavailable, match="max_connections"):
        embedded.start(tmp_path / parent, {"max_connections": "none"})
    assert [entry.name for entry in tmp_path.iterdir()] == [parent]
