# SPDX-License-Identifier: GPL-3.0-or-later
"""What each command of the command line may be given."""

from __future__ import annotations

import argparse
from collections.abc import Callable

MOST_WORKERS = 64


def _serve_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workers", type=_workers, default=1, metavar="N", help="how many processes (1)")


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"should be a number from 1 to {MOST_WORKERS}, not {text!r}")
    return int(text)


def _recount_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("program", nargs="*", metavar="PROGRAM", help="the slug of a program")
    command.add_argument("--check", action="store_true", help="only compare; exit with 3 where they differ")


def _generate_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--programs", type=_many, default=100, metavar="N", help="how many programs (100)")
    command.add_argument("--editors", type=_many, default=5_000, metavar="N", help="how many participants (5,000)")
    command.add_argument("--edits", type=_many, default=100_000, metavar="N", help="how many edits (100,000)")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="another number makes other rows (1)")


def _many(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000_000):
        raise argparse.ArgumentTypeError(f"should be a number from 1 to 100000000, not {text!r}")
    return int(text)


def _backfill_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("program", nargs="+", metavar="PROGRAM", help="the slug of a program")


def _healthy_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("part", choices=("consumer", "worker"), help="whose loop")


def _tail_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("program", metavar="PROGRAM", help="the slug of a program")
    command.add_argument("--campaign", action="store_true", help="PROGRAM is the slug of a campaign")
    command.add_argument("--after", metavar="CURSOR", help="go on from here; without it, from now on")
    command.add_argument("--url", type=_address, help="the service's address (GRAPH_PUBLIC_URL without it)")
    command.add_argument("--json", action="store_true", help="print each entry as the API gives it, one JSON a line")


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"should begin with http:// or https://, not {text!r}")
    return text


def _decode_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", nargs="+", metavar="FILE", help="a capture; - is standard input")


ARGUMENTS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "serve": _serve_arguments,
    "healthy": _healthy_arguments,
    "recount": _recount_arguments,
    "generate": _generate_arguments,
    "backfill": _backfill_arguments,
    "tail": _tail_arguments,
    "decode": _decode_arguments,
}
"""By the command's name; one that is missing takes none."""
