# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: each command reads the settings, calls one function and turns what went wrong into one line.

Exit codes: 0 done, 1 it failed (or ``decode`` met an event that is malformed), 2 the command or a setting is wrong,
3 ``recount --check`` found differences, 130 interrupted before it ran.
"""

from __future__ import annotations

import argparse
import errno
import gc
import json
import logging
import os
import signal
import socket
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from graph.arguments import ARGUMENTS
from graph.errors import GraphError, SettingsError
from graph.terminal import harmless

# What a command needs is imported when it runs: `--help` and `schema` do not wait for the whole service.
if TYPE_CHECKING:
    from graph.settings import Settings

Command: TypeAlias = "Callable[[argparse.Namespace], int | None]"

PROGRAM = "programs-graph"
FAILED, WRONG, DIFFERENT, INTERRUPTED = 1, 2, 3, 130

DESCRIPTION = "Live numbers for editathons, classes and campaigns on Wikimedia wikis."
EPILOG = """\
Everything is set in the environment (GRAPH_*): see docs/reference/settings.md.

examples:
  programs-graph demo                     look at it, offline
  programs-graph up                       everything in one process, against the real wikis
  programs-graph recount --check          are all numbers what the stored edits say?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a wrong command line exits by itself, with 2."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options) or 0)
        sys.stdout.flush()
        return code
    except SettingsError as error:
        return _fail(error, WRONG)
    except GraphError as error:
        return _fail(error, FAILED)
    except BrokenPipeError:
        # The reader had enough. Nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(_plain(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def _fail(message: object, code: int) -> int:
    print(f"{PROGRAM}: {' '.join(str(message).split())}", file=sys.stderr)
    return code


def _plain(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use: end the other process, or set GRAPH_PORT to another (0 for any free one)"
    if error.errno == errno.EADDRNOTAVAIL:
        return "GRAPH_HOST is no address of this machine: use 127.0.0.1, or 0.0.0.0 for every interface"
    if error.errno == errno.EACCES:
        return f"permission denied ({error}): ports below 1024 and folders of others need another user"
    if isinstance(error, socket.gaierror) or (error.errno or 0) < 0:  # the latter is what is left of it after binding
        return f"a host name is not known ({error}): set GRAPH_HOST to an address of this machine"
    return str(error)


def _settings() -> Settings:
    from graph.settings import Settings

    return Settings.parse(os.environ)


def _logging() -> None:
    from graph import logs

    logs.begin(json=_settings().log_format == "json")


def _demo(_: argparse.Namespace) -> None:
    settings = _settings()
    from graph.demo import demo, introduction

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    print("Starting PostgreSQL, a stand-in for Wikimedia, and the service.", flush=True)
    demo(settings, lambda scene: print(introduction(scene), flush=True))


def _service(*, web: bool = False, consumer: bool = False, worker: bool = False) -> Command:
    def run(_: argparse.Namespace) -> None:
        settings = _settings()
        if consumer or worker:
            settings.require_contact()
        gc.disable()  # nothing of what is loaded now is garbage; app.run looks for it again
        from graph import app

        _logging()
        app.run(settings, web=web, consumer=consumer, worker=worker)

    return run


def _serve(options: argparse.Namespace) -> None:
    if options.workers == 1:
        _service(web=True)(options)
        return
    settings = _settings()
    from graph.workers import serve

    _logging()
    serve(settings, options.workers, _logging)


def _migrate(_: argparse.Namespace) -> None:
    settings = _settings()
    from graph import maintenance

    _logging()
    maintenance.migrate(settings)


def _healthy(options: argparse.Namespace) -> int:
    settings = _settings()
    from graph import pulse

    trouble = pulse.trouble(pulse.path(settings.run_dir, options.part))
    return _fail(trouble, FAILED) if trouble else 0


def _schema(_: argparse.Namespace) -> None:
    from graph.schema.root import sdl

    print(sdl(), end="")


def _recount(options: argparse.Namespace) -> int:
    settings = _settings()
    from graph import maintenance

    differences = maintenance.recount(settings, options.program, options.check)
    for difference in differences:
        print(difference)
    if not differences:
        print("Every number is what the stored edits say.")
    return DIFFERENT if differences and options.check else 0


def _generate(options: argparse.Namespace) -> None:
    settings = _settings()
    from graph import app
    from graph.db import generating

    sizes = generating.Sizes(options.programs, options.editors, options.edits)
    with app.database(settings) as url:
        generating.fill(url, sizes, options.seed, partial(print, flush=True))


def _backfill(options: argparse.Namespace) -> int:
    settings = _settings()
    settings.require_contact()
    import uvloop

    from graph import app
    from graph.backfilling import backfill
    from graph.progress_bar import ProgressBars

    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with app.database(settings) as url, ProgressBars(sys.stdout) as bars:
            uvloop.run(backfill(url, settings.action_api, settings.user_agent, options.program, bars.show))
    except KeyboardInterrupt:
        return _fail("interrupted; the same command goes on from here, and so does a worker", INTERRUPTED)
    return 0


def _decode(options: argparse.Namespace) -> int:
    from graph.decode import decode

    return 0 if decode(options.file, partial(print, flush=True)) else FAILED


def _tail(options: argparse.Namespace) -> None:
    address = options.url or _settings().public_url
    from graph.tail import Follower, Lines

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lines = Lines(lambda: datetime.now(UTC))
    follower = Follower(
        address.rstrip("/"),
        options.program,
        options.campaign,
        options.after,
        notice=lambda text: print(f"{PROGRAM}: {text}", file=sys.stderr, flush=True),
        sleep=time.sleep,
    )
    try:
        for entry in follower.entries():
            text = json.dumps(entry, ensure_ascii=False) if options.json else harmless(lines.line(entry))
            print(text, flush=True)
    except KeyboardInterrupt:
        return


# Each command's name, what runs it, its summary, its description, and an example.
COMMANDS: tuple[tuple[str, Command, str, str, str], ...] = (
    (
        "demo",
        _demo,
        "run an editathon on this machine and show it live",
        "Runs the service and a stand-in for Wikimedia in which an editathon takes place, prints the addresses to look "
        "at, and goes on until Ctrl-C. Needs no network and leaves nothing behind.",
        "GRAPH_PORT=9000 programs-graph demo",
    ),
    (
        "up",
        _service(web=True, consumer=True, worker=True),
        "run everything in one process: migrate, serve, consume, work",
        "Brings the database to the newest schema, then runs the web part, the consumer and the worker until SIGINT or "
        "SIGTERM.",
        "GRAPH_CONTACT=me@example.org programs-graph up",
    ),
    (
        "serve",
        _serve,
        "run the web part: the API, the live screens, the pages",
        "Any number of these can run on one database, on one machine or many. With --workers so many processes share "
        "one port, for more than one processor can serve.",
        "programs-graph serve --workers 2",
    ),
    (
        "consume",
        _service(consumer=True),
        "run the consumer: from Wikimedia's stream into the database",
        "One consumer reads; a second one waits and takes over when the first ends or dies.",
        "GRAPH_CONTACT=me@example.org programs-graph consume",
    ),
    (
        "work",
        _service(worker=True),
        "run the worker: everything that may wait",
        "Several workers share the work.",
        "GRAPH_CONTACT=me@example.org programs-graph work",
    ),
    (
        "migrate",
        _migrate,
        "bring the database to the newest schema",
        "Several at once do no harm: one migrates, the others wait. Other commands do it themselves at their start.",
        "GRAPH_DATABASE_URL=postgresql://graph@db/graph programs-graph migrate",
    ),
    (
        "healthy",
        _healthy,
        "say whether the consumer or the worker of this machine turns",
        "Ends with 0 while its loop has turned within the last minute, and with 1 otherwise; for health checks. "
        "Whether Wikimedia or the database answer is another question, which no restart helps.",
        "programs-graph healthy consumer",
    ),
    (
        "schema",
        _schema,
        "print the GraphQL schema",
        "Prints the schema definition language of the API. Needs no database.",
        "programs-graph schema > schema.graphql",
    ),
    (
        "recount",
        _recount,
        "count the numbers anew from the stored edits",
        "Counts every number of these programs (all of them where none is named) from the stored edits, prints each "
        "that differs, and puts it right. With --check it only compares, and exits with 3 where something differs.",
        "programs-graph recount --check edit-for-rivers",
    ),
    (
        "generate",
        _generate,
        "fill a new database with programs and edits that never were",
        "For measuring and for looking at many programs: few are large, few people edit much, few articles are read. "
        "The database must be empty. Ten million edits take some minutes, and as many gigabytes.",
        "programs-graph generate --programs 1000 --editors 100000 --edits 10000000",
    ),
    (
        "backfill",
        _backfill,
        "read the history of programs from the wikis' lists of contributions",
        "Reads what was never read of these programs, in this process, and shows how far it is. Interrupted, it goes "
        "on from there the next time.",
        "GRAPH_CONTACT=me@example.org programs-graph backfill edit-for-rivers",
    ),
    (
        "tail",
        _tail,
        "follow a program in the terminal",
        "Prints a line for whatever happens in a program, from the event stream of a running service, until Ctrl-C. "
        "Comes back by itself when the connection breaks, and misses nothing.",
        "programs-graph tail edit-for-rivers --url http://127.0.0.1:8000",
    ),
    (
        "decode",
        _decode,
        "show how each event of a capture is understood, or why it is refused",
        "Reads an event stream or JSON, a document or a line an event, and prints a line for each event: what it is "
        "about and what it would do if everybody were enrolled, or why it is refused. Ends with 1 where an event is "
        "malformed; one that is refused for what it says (a canary, a hidden editor) is no failure. Needs no settings.",
        "programs-graph decode capture.sse",
    ),
)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, formatter_class=raw)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, run, summary, description, example in COMMANDS:
        epilog = f"example:\n  {example}"
        text = textwrap.fill(description, 80)
        command = commands.add_parser(name, help=summary, description=text, epilog=epilog, formatter_class=raw)
        command.set_defaults(run=run)
        if name in ARGUMENTS:
            ARGUMENTS[name](command)
    return parser
