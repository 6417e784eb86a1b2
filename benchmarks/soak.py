# SPDX-License-Identifier: GPL-3.0-or-later
"""The service at work for long: does it grow, does it complain, does it still count right?

A real PostgreSQL, a stand-in for Wikimedia in which many people save edits, and the three processes as they run
anywhere. Subscribers come and go, pages are read, and organizers change things all the while. Then: the memory of each
process is compared with its level after five minutes (or half of the time, where that is less), the logs must hold
no error, and ``recount --check`` must find nothing. Exits with 1 where any of it is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx

from benchmarks.crowd import Crowd
from benchmarks.measures import load, tell
from benchmarks.screens import socket, stream
from graph.db import embedded
from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running

ORGANIZER = "Olga Organizer"
EDITORS = [f"Editor {number}" for number in range(200)]
GUESTS = [f"Guest {number}" for number in range(50)]
PROGRAMS = 10
WIKIS = ("enwiki", "dewiki", "arwiki")
PARTS = {"web": "serve", "consumer": "consume", "worker": "work"}
GROWTH = 1.1
LEVEL_SECONDS = 300.0
WINDOW_SECONDS = 60.0
SAMPLE_SECONDS = 2.0
CHANGE_SECONDS = 1.0
COMING_SECONDS = 0.2
PATIENCE = 600.0
PAGES = ("/", "/programs/{slug}", "/programs/{slug}/editors", "/programs/{slug}/activity", "/embed/program/{slug}")
COUNTED = "query Soak($slug: String!) { program(slug: $slug) { metrics { totalEdits } } }"


@dataclass
class Part:
    """One of the processes: how much memory it had when, and where its log is."""

    process: asyncio.subprocess.Process
    log: Path
    samples: list[tuple[float, float]] = field(default_factory=list)

    def look(self, now: float) -> None:
        """Take a sample."""
        with suppress(OSError):
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text("utf-8").split()[1])
            self.samples.append((now, pages * os.sysconf("SC_PAGE_SIZE") / 2**20))

    def level(self, until: float) -> float:
        """The median of the samples of the minute before then, in MiB."""
        return statistics.median(size for at, size in self.samples if until - WINDOW_SECONDS <= at <= until)

    def complaints(self) -> tuple[list[str], int]:
        """Errors of the log, whatever is no line of it included; and how many warnings there were."""
        errors, warnings = [], 0
        for line in self.log.read_text("utf-8").splitlines():
            try:
                level = json.loads(line)["level"]
            except ValueError:
                level = "ERROR"
            if level in ("ERROR", "CRITICAL"):
                errors.append(line)
            warnings += level == "WARNING"
        return errors, warnings


class Visitors(threading.Thread):
    """So many subscribers, of whom some leave and others come all the time; the seconds are how often."""

    def __init__(self, port: int, slugs: list[str], count: int, seconds: float) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.came = 0
        self._port = port
        self._slugs = slugs
        self._count = count
        self._seconds = seconds
        self._chances = random.Random(1)

    def run(self) -> None:
        """Come, look and go, until it is over."""
        self.crowd = Crowd(self._port)
        due = 0.0
        while not self.over.is_set():
            self.crowd.look(0.05)
            if monotonic() > due:
                due = monotonic() + self._seconds
                self._turn()
        self.crowd.close()

    def _turn(self) -> None:
        opened = [number for number, each in self.crowd.subscribers.items() if each.open]
        for number in self._chances.sample(opened, min(len(opened), max(1, self._count // 250))):
            self.crowd._leave(number, OSError("it went"))
        coming = min(self._count - len(self.crowd.subscribers), max(1, self._count // 20))
        self.came += coming
        openings = [
            self._chances.choice((socket, stream))(self._chances.choice(("activity", "metrics")), slug)
            for slug in self._chances.choices(self._slugs, k=coming)
        ]
        self.crowd.join(openings)


@dataclass
class Soak:
    """What runs, and what is true."""

    wikis: Wikimedia
    client: httpx.AsyncClient
    address: str
    edits_a_second: int
    slugs: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    truth: Counter[str] = field(default_factory=Counter)
    saved: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    async def ask(self, document: str, **variables: object) -> dict[str, object]:
        """Run an operation as the organizer; what went wrong is counted."""
        try:
            answer = await self.client.post(
                f"{self.address}/graphql",
                json={"query": document, "variables": variables},
                headers={"Authorization": f"Bearer dev:{ORGANIZER}"},
            )
        except httpx.TransportError as error:  # on a busy machine a client may be late
            self.done[f"lost, {type(error).__name__}"] += 1
            return {}
        body = answer.json()
        for error in body.get("errors", ()):
            self.refused[error.get("extensions", {}).get("code", error["message"])] += 1
        return dict(body.get("data") or {})

    async def change(self, mutation: str, result: str, **given: object) -> dict[str, object]:
        """Run a mutation; its payload."""
        kind = mutation[0].upper() + mutation[1:]
        field = f"done: {mutation}(input: $input) {{ {result} userErrors {{ code }} }}"
        document = f"mutation M($input: {kind}Input!) {{ {field} }}"
        done = (await self.ask(document, input=given)).get("done") or {}
        assert isinstance(done, dict)
        for error in done.get("userErrors", ()):
            self.refused[f"{mutation}: {error['code']}"] += 1
        self.done[mutation] += 1
        return done

    async def begin(self) -> None:
        """A campaign with its programs, each with its own editors."""
        await self.change("createCampaign", "campaign { slug }", title="Soak")
        for number in range(PROGRAMS):
            await self.create(f"Program {number}", EDITORS[number::PROGRAMS])

    async def create(self, title: str, editors: list[str]) -> None:
        """One more program."""
        made = await self.change(
            "createProgram", "program { id slug }", title=title, institution="Library",
            trackingStart="2026-01-01T00:00:00Z", trackingEnd="2035-01-01T00:00:00Z", homeWiki="enwiki",
            trackedWikis=[{"wiki": wiki, "namespaces": [0]} for wiki in WIKIS], campaignSlug="Soak",
        )  # fmt: skip
        program = made["program"]
        assert isinstance(program, dict)
        self.slugs.append(program["slug"])
        self.ids.append(program["id"])
        await self.change("addEditors", "added { username }", programId=program["id"], usernames=editors)

    async def edit(self) -> None:
        """Save edits for ever, half of them by people who take part in something."""
        chances, began = random.Random(2), monotonic()
        while True:
            while self.saved < (monotonic() - began) * self.edits_a_second:
                number = chances.randrange(2 * len(EDITORS))
                name = EDITORS[number] if number < len(EDITORS) else "Stranger"
                self.wikis.save(chances.choice(WIKIS), f"Page {chances.randrange(20_000)}", name)
                self.saved += 1
                if number < len(EDITORS):
                    self.truth[self.slugs[number % PROGRAMS]] += 1
            await asyncio.sleep(0.02)

    async def organize(self) -> None:
        """Change something every CHANGE_SECONDS, and read pages; no change concerns what ``truth`` counts."""
        await self.create("Guests", ["Stranger"])
        slug, program = self.slugs.pop(), self.ids.pop()
        for turn in range(10**9):
            guest = GUESTS[turn % len(GUESTS)]
            await self.change("addEditors", "added { id }", programId=program, usernames=[guest])
            self.wikis.save("enwiki", f"Guest page {turn % 500}", guest)
            await asyncio.sleep(CHANGE_SECONDS)
            await self.change("updateProgram", "program { slug }", id=program, description=f"Turn {turn}")
            await asyncio.sleep(CHANGE_SECONDS)
            await self.change("removeEditor", "program { slug }", programId=program, username=guest)
            for path in PAGES:
                with suppress(httpx.TransportError):
                    await self.read(path, slug)

    async def read(self, path: str, slug: str) -> None:
        """Read a page; one that is no good is counted."""
        answer = await self.client.get(self.address + path.format(slug=slug))
        self.done[f"page {answer.status_code}"] += 1
        if answer.status_code >= 400:
            self.refused[f"{path}: {answer.status_code}"] += 1

    async def counted(self) -> dict[str, tuple[int, int]]:
        """Wait until every program counts what is true; what does not, after PATIENCE."""
        limit = monotonic() + PATIENCE
        while True:
            wrong = {}
            for slug in self.slugs:
                program = (await self.ask(COUNTED, slug=slug)).get("program")
                found = program["metrics"]["totalEdits"] if isinstance(program, dict) else -1
                if found != self.truth[slug]:
                    wrong[slug] = (found, self.truth[slug])
            if not wrong or monotonic() > limit:
                return wrong
            await asyncio.sleep(1)


def environment(url: str, upstream: str) -> dict[str, str]:
    """What each process is told."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONUNBUFFERED": "1",
        "GRAPH_DATABASE_URL": url,
        "GRAPH_STREAM_URL": upstream,
        "GRAPH_ACTION_API": upstream + "/w/{dbname}/api.php",
        "GRAPH_CONTACT": "soak@example.org",
        "GRAPH_DEV_SIGN_IN": "1",
        "GRAPH_LOG_FORMAT": "json",
        "GRAPH_PORT": "0",
    }


@asynccontextmanager
async def started(part: str, folder: Path, environ: dict[str, str]) -> AsyncIterator[Part]:
    """A process while the block lasts."""
    log = folder / f"{part}.log"
    with log.open("wb") as file:
        command = (sys.executable, "-m", "graph", PARTS[part])
        environ = {**environ, "GRAPH_RUN_DIR": str(folder)}
        process = await asyncio.create_subprocess_exec(*command, stderr=file, env=environ)
        try:
            yield Part(process, log)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def address_of(web: Part) -> str:
    """Where the web part listens."""
    async with asyncio.timeout(300):
        while True:
            for line in web.log.read_text("utf-8").splitlines():
                if "listening on" in line:
                    return str(json.loads(line)["message"].removeprefix("listening on "))
            await asyncio.sleep(0.1)


def people(wikis: Wikimedia) -> None:
    """Register everybody."""
    for name in (ORGANIZER, "Stranger", *EDITORS, *GUESTS):
        wikis.create_user(name, registered="2020-01-01T00:00:00Z", home="enwiki", wikis=list(WIKIS))


async def watched(parts: dict[str, Part], seconds: float, began: float) -> None:
    """Sample everybody's memory for so long, and say how it goes once a minute."""
    told = 0
    while (now := monotonic() - began) < seconds:
        for name, part in parts.items():
            if part.process.returncode is not None:
                raise SystemExit(f"{name} ended by itself with {part.process.returncode}")
            part.look(now)
        if now // 60 > told:
            told = int(now // 60)
            sizes = ", ".join(f"{name} {part.samples[-1][1]:.0f}" for name, part in parts.items())
            tell(f"after {told} min", sizes, f"MiB; {load()}")
        await asyncio.sleep(SAMPLE_SECONDS)


def judged(parts: dict[str, Part], seconds: float) -> list[str]:
    """Print what became of the processes; what is not as it should be."""
    faults, first = [], min(LEVEL_SECONDS, seconds / 2)
    for name, part in parts.items():
        level, end = part.level(first), part.level(seconds)
        errors, warnings = part.complaints()
        note = f"{level:.0f} MiB after {first / 60:.1f} min, {end:.0f} MiB at the end; {warnings} warnings"
        tell(f"{name}: memory", f"{end / level:.3f} times", note)
        if end > GROWTH * level:
            faults.append(f"{name} grew to {end / level:.2f} times its level")
        if errors:
            faults.append(f"{name} logged {len(errors)} errors, the first: …{errors[0][-700:]}")
    return faults


async def soaked(options: argparse.Namespace, folder: Path, url: str) -> list[str]:
    """Run everything; what is not as it should be."""
    wikis, seconds = Wikimedia(), options.minutes * 60
    wikis.log.cap = min(wikis.log.cap, 100_000)
    people(wikis)
    async with AsyncExitStack() as stack:
        environ = environment(url, await stack.enter_async_context(running(create_app(wikis))))
        parts = {name: await stack.enter_async_context(started(name, folder, environ)) for name in PARTS}
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
        soak = Soak(wikis, client, await address_of(parts["web"]), options.edits)
        await soak.begin()
        await asyncio.sleep(2)
        visitors = Visitors(
            int(soak.address.rpartition(":")[2]), soak.slugs[:PROGRAMS], options.subscribers, COMING_SECONDS
        )
        visitors.start()
        tasks = [asyncio.create_task(soak.edit()), asyncio.create_task(soak.organize())]
        began = monotonic()
        await watched(parts, seconds, began)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        visitors.over.set()
        visitors.join()
        faults = [repr(each) for each in ended if not isinstance(each, asyncio.CancelledError)]
        wrong = await soak.counted()
        tell("edits saved", f"{soak.saved:,}", f"{soak.saved / seconds:.0f} a second; {load()}")
        tell("subscribers who came", f"{visitors.came:,}", f"{visitors.crowd.received:,} messages")
        tell("changes and pages", f"{sum(soak.done.values()):,}", str(dict(soak.done)))
        faults += [f"{slug} counts {found} edits, there are {true}" for slug, (found, true) in wrong.items()]
        faults += [f"{times} times {what}" for what, times in soak.refused.items()]
        for reason, times in Counter(each for each in visitors.crowd.left if each != b"it went").items():
            tell("subscribers who were sent away", f"{times:,}", repr(reason[:80]))
        faults += judged(parts, seconds)
    return faults + await recounted(environ)


async def recounted(environ: dict[str, str]) -> list[str]:
    """What ``recount --check`` finds."""
    command = (sys.executable, "-m", "graph", "recount", "--check")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environ)
    said, _ = await process.communicate()
    lines = said.decode().splitlines()
    tell("recount --check", lines[-1] if process.returncode == 0 else f"{len(lines)} differences")
    return [] if process.returncode == 0 else lines[:5] or [f"recount ended with {process.returncode}"]


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="for so long (30)")
    parser.add_argument("--edits", type=int, default=200, help="a second (200)")
    parser.add_argument("--subscribers", type=int, default=500, help="at a time (500)")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="soak") as name:
        folder = Path(name)
        with embedded.start(folder / "postgresql") as server:
            faults = asyncio.run(soaked(options, folder, server.url))
    for fault in faults:
        print(f"NOT AS IT SHOULD BE: {fault}", flush=True)
    tell("soak", "failed" if faults else "well", f"{options.minutes:g} minutes; {load()}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
