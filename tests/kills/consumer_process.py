# SPDX-License-Identifier: GPL-3.0-or-later
"""The consumer as a process of its own, to be killed.

``python -m tests.kills.consumer_process DSN STREAM_URL REPORT DESIGN`` imports everything once and then takes orders
from its standard input, a line of JSON each: ``{"start": FATE}`` forks a consumer, ``{"end": SECONDS}`` waits so long
for it to die of its fate and kills it if it does not. It answers each with a line. The end of the input ends both.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import msgspec
import uvloop

from graph.db.pool import Pool, connect
from graph.errors import DatabaseUnavailable
from graph.streams import consumer
from graph.streams.connection import Pauses
from graph.streams.consumer import Consumer
from graph.streams.events import Find
from graph.streams.eventstreams import EventStream, Pace
from graph.streams.transport import StreamTransport
from tests.kills.designs import DESIGNS
from tests.kills.points import Fate, report_repeats, watch

AGENT = "ProgramsGraphTests/1.0 (tests@example.org)"
READ_SECONDS = 0.3  # shorter than the stand-in's stalls, so that each is noticed
PACE = Pace(edits=200, interval=0.05, heartbeat=0.1)


def now() -> datetime:
    return datetime.now(UTC)


def open_source(client: httpx.AsyncClient, url: str, checkpoint: dict[str, int] | None, find: Find) -> EventStream:
    return EventStream(
        client=client,
        url=url,
        user_agent=AGENT,
        find=find,
        checkpoint=checkpoint,
        clock=now,
        pauses=Pauses(random.Random(os.getpid()).random, first=0.02, longest=0.1, slow=0.1),
        pace=PACE,
        read_seconds=READ_SECONDS,
    )


async def reach(dsn: str) -> Pool:
    """The database, as soon as it is there: a service that is started without one is started again and again."""
    while True:
        try:
            return await connect(dsn, largest=3)
        except DatabaseUnavailable:
            await asyncio.sleep(consumer.RETRY_SECONDS)


async def consume(dsn: str, url: str) -> None:
    pool = await reach(dsn)
    async with httpx.AsyncClient(transport=StreamTransport()) as client:
        await Consumer(dsn, pool, partial(open_source, client, url), now, lambda: None).run()


def live(dsn: str, url: str, report: str, design: str, fate: Fate | None) -> None:
    """Be the consumer, until death."""
    log = os.open(report, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def tell(line: str) -> None:
        os.write(log, f"{line}\n".encode())

    consumer.STAND_BY_SECONDS = consumer.RETRY_SECONDS = 0.03
    report_repeats(tell)
    DESIGNS[design]()
    watch(fate, tell)
    try:
        uvloop.run(consume(dsn, url))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(70)


def end(child: int, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return {"status": os.waitstatus_to_exitcode(status), "fate": True}
        if time.monotonic() >= deadline:
            break
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    return {"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "fate": False}


def main(dsn: str, url: str, report: str, design: str) -> None:
    child = 0
    try:
        for line in sys.stdin:
            order = msgspec.json.decode(line)
            if "start" in order:
                child = os.fork()
                if not child:
                    live(dsn, url, report, design, msgspec.convert(order["start"], Fate | None))
                answer: dict[str, Any] = {"pid": child}
            else:
                answer, child = end(child, order["end"]), 0
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
            sys.stdout.flush()
    finally:
        if child:
            os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
