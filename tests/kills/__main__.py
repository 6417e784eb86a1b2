# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.kills [--kills N] [--edits N] [--restarts N] [--seed N] [--design NAME]
[--plan short|sparse]``: the harness at length."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.kills.designs import DESIGNS, RIGHT
from tests.kills.harness import run
from tests.kills.plan import SHORT, SPARSE, Plan
from tests.kills.server import Server
from tests.kills.verdict import Verdict

EDITS_A_LIFE = 25
SECONDS_A_LIFE = 10


def main() -> int:
    """Run and print the verdict; 0 where the verdict is what the design deserves."""
    options = _options()
    restarts = options.restarts if options.restarts is not None else max(2, options.kills // 50)
    edits = options.edits or max(5000, options.kills * EDITS_A_LIFE)
    seconds = 240 + options.kills * SECONDS_A_LIFE
    long = Plan(edits=edits, kills=options.kills, restarts=restarts, seconds=seconds)
    plan = {"short": SHORT, "sparse": SPARSE}.get(options.plan, long)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # the stand-in writes to the dead, as servers do
    console = Console(highlight=False, soft_wrap=True)
    verdict = asyncio.run(_run(plan, options, console))
    for example in verdict.examples:
        console.print(example, markup=False)
    console.print(str(verdict), markup=False)
    return 0 if verdict.clean is (options.design == RIGHT) else 1


async def _run(plan: Plan, options: argparse.Namespace, console: Console) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="graph-kills-") as name:
        folder = Path(name)
        with Server(folder / "postgresql") as server:
            return await run(
                server, folder, plan, seed=options.seed, design=options.design,
                say=lambda line: console.print(line, markup=False),
            )  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description="Kill the consumer, then count.")
    parser.add_argument("--kills", type=int, default=20, help="how often (20)")
    parser.add_argument("--edits", type=int, help=f"how many edits (5000, or {EDITS_A_LIFE} a kill)")
    parser.add_argument("--restarts", type=int, help="how often PostgreSQL crashes (2, or once in 50 kills)")
    parser.add_argument("--seed", type=int, default=1, help="decides everything but the machine's own timing (1)")
    parser.add_argument("--plan", choices=["short", "sparse"], help="a run that wrong designs are caught in")
    parser.add_argument("--design", choices=list(DESIGNS), default=RIGHT, help="a wrong one must be caught")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
