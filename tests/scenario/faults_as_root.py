# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that need root: the disk of the database is full, and the clocks of the processes are stepped.

``make faults-as-root`` runs them. The disk is a small file system in memory, mounted for the test; the clocks are those
of our processes alone (Debian's libfaketime), not the machine's.
"""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from graph.simulator.app import create_app
from graph.simulator.moderation import Wikimedia
from graph.simulator.server import running
from tests.kills.server import Server
from tests.scenario.stage import EDITORS, people
from tests.scenario.test_faults import COMMANDS, ORGANIZER, PATIENCE, Service

DISK_MIB = 256
SPARE_BYTES = 64 * 1024
CHANGE = 'mutation { createCampaign(input: {title: "%s", description: "%s"}) { userErrors { code } } }'

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it mounts a file system")


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A small disk in memory while the block lasts."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0755", "graph-tests", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(SPARE_BYTES))


@asynccontextmanager
async def service_on(folder: Path) -> AsyncIterator[Service]:
    """The three processes on a database in ``folder``, with a program."""
    wikis = Wikimedia()
    people(wikis)
    with Server(folder) as server:
        async with AsyncExitStack() as stack:
            address = await stack.enter_async_context(running(create_app(wikis)))
            service = Service(stack, server, await server.new_database(), wikis, address)
            for part in COMMANDS:
                await service.start(part)
            await service.stage.change("createCampaign", "CreateCampaignInput", "campaign { slug }", title="Rivers")
            service.slug = await service.stage.program("First", "Rivers", {"enwiki": [0]}, list(EDITORS))
            await service.says(connected=True)
            yield service


async def refused(service: Service) -> httpx.Response:
    """Change things until that is not possible any more."""
    async with asyncio.timeout(PATIENCE):
        number = 0
        while True:
            number += 1
            service.save()
            answer = await service.post(CHANGE % (f"Full {number}", "x" * 5_000), ORGANIZER)
            if "errors" in answer.json():
                return answer


async def test_a_full_disk_refuses_changes_and_loses_nothing(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as folder:
        async with service_on(folder / "postgresql") as service:
            service.save()
            await service.counted()
            fill(folder / "ballast")
            answer = await refused(service)
            [error] = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (503, "UNAVAILABLE")
            alive = await service.stage.client.get(f"{service.stage.address}/healthz")
            assert (alive.status_code, alive.text) == (200, "alive\n")
            service.save(20)
            (folder / "ballast").unlink()
            await asyncio.to_thread(service.server.start)  # where PostgreSQL gave up altogether
            await service.ready(200)
            await service.counted()
            await service.well()
            assert service.ended() == {}


def test_a_disk_is_full_when_it_is_filled(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as folder:
        fill(folder / "ballast")
        with pytest.raises(OSError, match="No space left") as full:
            (folder / "more").write_bytes(bytes(2 * SPARE_BYTES))
        assert full.value.errno == errno.ENOSPC


@pytest.fixture(scope="module")
def library() -> Path:
    """What steps the clock of those who load it."""
    return next(Path("/usr/lib").rglob("libfaketime.so.1"))


async def test_clocks_that_are_stepped_change_no_number(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0", "utf-8")
    stepped = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    monkeypatch.setattr("tests.scenario.test_faults.MORE", stepped)
    async with service_on(tmp_path / "postgresql") as service:
        for step in ("+2h", "-2h", "+40d", "+0"):
            service.save()
            clock.write_text(step, "utf-8")
            service.save()
            await service.counted()
            await service.well()
        assert service.ended() == {}
