# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemathesis makes up operations from our schema, fitting and not, and sends them to a running service.

Whatever it sends is answered by GraphQL: no 5xx, and nothing that nobody foresaw happens, not even masked.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from pathlib import Path

import pytest

from graph.resolvers import deps
from tests.scenario.stage import ORGANIZER, set_up

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = 3
SECONDS = 120


async def test_no_made_up_operation_meets_what_nobody_foresaw(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deps, "MUTATIONS_A_MINUTE", 1_000_000)  # else most would only be told to wait
    async with set_up(database_url) as stage:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{stage.address}/graphql",
            "--phases=fuzzing",
            f"--max-examples={EXAMPLES}",
            "--generation-deterministic",
            "--checks=foreseen",
            "--continue-on-failure",
            "--no-shrink",
            f"--header=Authorization: Bearer dev:{ORGANIZER}",
            "--no-color",
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.clients.checks", "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(SECONDS):
                printed, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    report = printed.decode()
    assert process.returncode == 0, report
    selected, there = re.search(r"Selected: (\d+)/(\d+)", report).groups()
    assert selected == there
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
