# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service's log looks: lines for people, or one JSON object a line for whoever collects them."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import msgspec

# What others would say: httpx a line for every request, alembic one a step, asyncpg what whoever needs the database
# says in one line, uvicorn what the service says itself.
_QUIET = {"httpx": logging.WARNING, "alembic": logging.WARNING, "asyncpg": logging.ERROR, "uvicorn": logging.WARNING}


class JsonLines(logging.Formatter):
    """One object a line: ``time`` (UTC), ``level``, ``logger``, ``message``, and ``exception`` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def begin(*, json: bool, stream: TextIO | None = None) -> None:
    """Log to ``stream`` (standard error) from now on."""
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(
        JsonLines() if json else logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
