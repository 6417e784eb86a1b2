# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as its users meet it: as a process, by what it prints and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from graph import cli, demo, maintenance
from graph.db.ledger import create_collection
from graph.db.pool import connect_alone
from graph.programs import CollectionKind
from graph.schema.root import sdl
from tests.conftest import with_database

COMMANDS = [name for name, *_ in cli.COMMANDS]
DOCUMENT = Path(__file__).parent.parent / "docs" / "reference" / "commands.md"


def environment(given: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "default", "COLUMNS": "100", **given}


def run(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graph", *arguments]
    return subprocess.run(command, env=environment(given), capture_output=True, text=True, timeout=60, check=False)


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Runs a command in this process, with settings, and returns its one line on standard error."""

    def run_and_read(*arguments: str, code: int, **given: str) -> str:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        ended = cli.main(arguments)
        told = capsys.readouterr()
        assert (ended, told.out) == (code, ""), told.err
        assert told.err.startswith("programs-graph: ")
        assert told.err.count("\n") == 1
        return told.err.removeprefix("programs-graph: ").strip()

    return run_and_read


@contextmanager
def running(*arguments: str, **given: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on; killed at the end of the block if it still does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", *arguments],
        env=environment(given),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[bytes], pattern: str, seconds: float = 30) -> str:
    """What the process printed, up to and with the first line that holds ``pattern``."""
    assert process.stdout
    seen, deadline = "", time.monotonic() + seconds
    while not re.search(pattern + r".*\n", seen, re.MULTILINE):
        ready, _, _ = select.select([process.stdout], [], [], max(0, deadline - time.monotonic()))
        more = os.read(process.stdout.fileno(), 65536) if ready else b""
        assert more, f"{pattern!r} is not in what it printed: {seen}"
        seen += more.decode()
    return seen


@contextmanager
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def test_help_names_every_command_with_an_example() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert COMMANDS == [
        "demo",
        "up",
        "serve",
        "consume",
        "work",
        "migrate",
        "healthy",
        "schema",
        "recount",
        "generate",
        "backfill",
        "tail",
        "decode",
    ]
    assert all(re.search(rf"^    {name}  +\w", done.stdout, re.MULTILINE) for name in COMMANDS)
    assert "examples:" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    assert re.search(rf"example:\n  (GRAPH_\w+=\S+ )?programs-graph {name}\b", told)


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["dance"], ["serve", "--quickly"], ["migrate", "now"]),
        *(["decode"], ["backfill"], ["tail"], ["tail", "rivers", "--url", "ftp://example.org"]),
    ],
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: programs-graph")


def test_the_reference_documents_every_command_option_and_exit_code() -> None:
    text = DOCUMENT.read_text("utf-8")
    assert re.findall(r"^## `programs-graph (\w+)", text, re.MULTILINE) == COMMANDS
    assert all(f"    {example}\n" in text for *_, example in cli.COMMANDS)
    assert all(f"`{option}`" in text for option in ("--check", "--campaign", "--after CURSOR", "--url", "--json"))
    codes = (0, cli.FAILED, cli.WRONG, cli.DIFFERENT, cli.INTERRUPTED)
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [str(code) for code in codes]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("schema", "decode")])
def test_wrong_settings_end_every_command_with_2_and_one_line(name: str, refused: Refused) -> None:
    arguments = {"tail": ["rivers"], "backfill": ["rivers"], "healthy": ["worker"]}.get(name, [])
    assert refused(name, *arguments, code=2, GRAPH_PORT="x", GRAPH_SPEED="11") == (
        "GRAPH_SPEED is no setting; GRAPH_PORT should be a port from 0 (any free one) to 65535, not 'x'"
    )


def test_a_failure_is_one_line_and_nothing_else_for_a_process_too() -> None:
    done = run("serve", GRAPH_PORT="x")
    expected = "programs-graph: GRAPH_PORT should be a port from 0 (any free one) to 65535, not 'x'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.parametrize("name", ["up", "consume", "work"])
def test_nobody_reads_wikimedias_stream_without_a_contact(name: str, refused: Refused) -> None:
    assert refused(name, code=2).startswith("GRAPH_CONTACT is missing: ")


def test_schema_prints_the_schema_and_needs_nothing_else() -> None:
    done = run("schema", GRAPH_PORT="x", GRAPH_DATABASE_URL="nowhere")
    assert (done.returncode, done.stdout, done.stderr) == (0, sdl(), "")


def test_a_reader_who_has_enough_is_no_failure() -> None:
    command = f"set -o pipefail; {sys.executable} -m graph schema | head -n 1"
    done = subprocess.run(["bash", "-c", command], env=environment({}), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["serve", "migrate", "recount"])
def test_an_unreachable_database_gives_one_line_without_its_password(name: str, refused: Refused) -> None:
    with taken_port() as port:
        pass
    told = refused(name, GRAPH_DATABASE_URL=f"postgresql://graph:s3cret@127.0.0.1:{port}/graph", code=1)
    assert told.startswith(f"cannot reach PostgreSQL at postgresql://graph@127.0.0.1:{port}/graph: ")


def test_a_database_that_does_not_exist_gives_one_line(server_url: str, refused: Refused) -> None:
    told = refused("migrate", GRAPH_DATABASE_URL=with_database(server_url, "nowhere"), code=1)
    assert told.endswith('database "nowhere" does not exist')


def test_a_data_folder_that_cannot_be_used_gives_one_line(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "file").touch()
    told = refused("migrate", GRAPH_DATA_DIR=str(tmp_path / "file"), code=1)
    assert told.startswith("the embedded PostgreSQL cannot use ")


def test_a_taken_port_gives_one_line(database_url: str, refused: Refused) -> None:
    with taken_port() as port:
        told = refused("serve", GRAPH_PORT=port, GRAPH_DATABASE_URL=database_url, code=1)
    assert told == "the port is in use: end the other process, or set GRAPH_PORT to another (0 for any free one)"


def test_an_address_of_another_machine_gives_one_line(database_url: str, refused: Refused) -> None:
    told = refused("serve", GRAPH_HOST="192.0.2.1", GRAPH_DATABASE_URL=database_url, code=1)
    assert told == "GRAPH_HOST is no address of this machine: use 127.0.0.1, or 0.0.0.0 for every interface"


def test_an_unknown_host_name_gives_one_line(database_url: str, refused: Refused) -> None:
    told = refused("serve", GRAPH_HOST="nowhere.invalid", GRAPH_DATABASE_URL=database_url, code=1)
    assert told.startswith("a host name is not known (")
    assert told.endswith("): set GRAPH_HOST to an address of this machine")


def test_migrate_brings_an_empty_database_up_to_date_and_may_be_repeated(empty_database_url: str) -> None:
    for _ in range(2):
        done = run("migrate", GRAPH_DATABASE_URL=empty_database_url)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_recount_brings_an_empty_database_up_to_date_first(empty_database_url: str) -> None:
    done = run("recount", GRAPH_DATABASE_URL=empty_database_url)
    assert (done.returncode, done.stdout) == (0, "Every number is what the stored edits say.\n")


def test_recount_of_an_unknown_program_gives_one_line(database_url: str, refused: Refused) -> None:
    told = refused("recount", "no-such", GRAPH_DATABASE_URL=database_url, code=1)
    assert told.startswith("there is no program 'no-such'")


@pytest.mark.parametrize(("option", "code"), [(["--check"], 3), ([], 0)])
def test_differences_are_printed_and_only_a_check_ends_with_3(
    option: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def recount(settings: object, slugs: list[str], check: bool) -> list[str]:
        asked.append((slugs, check))
        return ["editor_tally 1/2 edits: 3, counted 4"]

    monkeypatch.setattr(maintenance, "recount", recount)
    assert cli.main(["recount", *option, "one", "two"]) == code
    assert capsys.readouterr().out == "editor_tally 1/2 edits: 3, counted 4\n"
    assert asked == [(["one", "two"], bool(option))]


CAPTURES = Path(__file__).parent / "golden" / "captures"


def test_decode_tells_a_line_an_event_and_a_summary() -> None:
    done = run("decode", str(CAPTURES / "all_well.sse"), GRAPH_PORT="x")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, summary = done.stdout.splitlines()
    assert [number.split()[0] for number in lines] == [str(number) for number in range(1, 11)]
    assert summary == (
        "events: 10; 7 understood, 3 refused, 0 malformed "
        "(1 canary; 1 edit whose editor is hidden or not named; 1 edit by a temporary account)"
    )


def test_decode_ends_with_1_where_an_event_is_malformed_and_obeys_no_title(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["decode", str(CAPTURES / "malformed.ndjson")]) == 1
    told = capsys.readouterr().out
    assert "Red \ufffd[31m \ufffdegdirb" in told
    assert told.endswith(
        "events: 7; 2 understood, 1 refused, 4 malformed (1 a field is missing or wrong; 1 unknown kind of page "
        "change; 1 unknown stream; 1 size of the parent unknown; 1 not JSON)\n"
    )


def test_decode_counts_on_over_several_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["decode", str(CAPTURES / "array.json"), str(CAPTURES / "all_well.ndjson")]) == 0
    assert "events: 20; 14 understood, 6 refused, 0 malformed" in capsys.readouterr().out


def test_decode_shows_an_event_of_a_pipe_that_is_still_open_at_once() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", "decode", "-"],
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert process.stdin
        process.stdin.write((CAPTURES / "all_well.ndjson").read_bytes())
        process.stdin.flush()
        assert "page undeleted" in read_until(process, "^  10  ")
        told, _ = process.communicate(timeout=10)
        assert told.startswith(b"events: 10; ")
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_decode_of_no_event_or_no_file_gives_one_line(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "empty").touch()
    assert refused("decode", str(tmp_path / "empty"), code=1).startswith("there is no event in ")
    assert "No such file" in refused("decode", str(tmp_path / "none"), code=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_answers_and_ends_well_when_told(database_url: str, number: signal.Signals) -> None:
    with running("serve", GRAPH_PORT="0", GRAPH_DATABASE_URL=database_url) as process:
        told = read_until(process, "listening on")
        address = told.rpartition("listening on ")[2].strip()
        with urlopen(f"{address}/graphql?query=%7Bservice%7Bconnected%7D%7D", timeout=10) as answer:
            assert answer.read().startswith(b'{"data":{"service":{"connected":false}}')
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_the_address_of_an_ipv6_host_can_be_opened(database_url: str) -> None:
    with running("serve", GRAPH_HOST="::1", GRAPH_PORT="0", GRAPH_DATABASE_URL=database_url) as process:
        address = read_until(process, "listening on").rpartition("listening on ")[2].strip()
        assert address.startswith("http://[::1]:")
        with urlopen(f"{address}/graphql?query=%7B__typename%7D", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_the_demo_does_not_mix_with_real_programs(database_url: str) -> None:
    async def use() -> None:
        conn = await connect_alone(database_url)
        await create_collection(conn, CollectionKind.CAMPAIGN)
        await conn.close()

    asyncio.run(use())
    done = run("demo", GRAPH_DATABASE_URL=database_url, GRAPH_PORT="0")
    assert done.returncode == 1
    assert done.stderr == (
        "programs-graph: GRAPH_DATABASE_URL holds programs or campaigns already, and the demo would mix made-up ones "
        "with them: unset it, or name an empty database\n"
    )


def test_the_demo_says_where_to_look(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    scene = demo.Scene("http://127.0.0.1:9000", "rivers", ("Rivers_of_the_World", "another"))

    def staged(settings: object, say: Callable[[demo.Scene], None]) -> None:
        say(scene)

    monkeypatch.setattr(demo, "demo", staged)
    assert cli.main(["demo"]) == 0
    told = capsys.readouterr().out
    assert "  Live screen  http://127.0.0.1:9000/live/program/Rivers_of_the_World\n" in told
    assert "  Explorer     http://127.0.0.1:9000/graphql\n" in told
    query = re.search(r"A query      (curl .*)\n", told)
    assert query
    *command, body = shlex.split(query[1])
    assert command == ["curl", "-s", "http://127.0.0.1:9000/graphql", "-H", "Content-Type: application/json", "-d"]
    assert json.loads(body) == {
        "query": '{ program(slug: "Rivers_of_the_World") { title metrics { totalEdits activeEditors } } }'
    }
