# SPDX-License-Identifier: GPL-3.0-or-later
"""My programs: those somebody runs or takes part in, and what of them needs attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from graph.web.console.desk import Desk
from graph.web.console.programs import Clock, manage
from graph.web.console.sheets import Sent
from graph.web.public_pages import Way
from graph.web.reading import Reader

SOON: Final = timedelta(hours=1)
"""So long before the beginning somebody should be enrolled."""

Need = tuple[str, int, str]
"""What needs attention: the end of its message's key, how many, and the part of the console where it is mended."""


def my_routes(desk: Desk) -> list[BaseRoute]:
    """Return the route of one's programs."""
    return [desk.route("/my", partial(_show, desk, lambda: datetime.now(UTC)))]


async def _show(desk: Desk, clock: Clock, reader: Reader, sent: Sent) -> Response:
    """Show the programs that are under way, those to come, and those that are over."""
    data = await desk.ask(reader, "console_my", {"after": reader.request.query_params.get("after")})
    viewer, gaps, now = data["viewer"], data["service"]["gaps"], clock()
    for part in ("current", "upcoming", "past"):
        for program in viewer[part]["nodes"]:
            program["needs"] = needs(program, gaps, now)
            program["manage"] = manage(program["slug"])
    return desk.page(reader, "my", sent, viewer=viewer, way=Way("/my", {}))


def needs(program: Mapping[str, Any], gaps: Sequence[Mapping[str, Any]], now: datetime) -> list[Need]:
    """What of a program needs the attention of whoever runs it, the most urgent first."""
    if not program["viewerCan"]["edit"] or program["withdrawnAt"]:
        return []
    over = program["status"] == "ENDED"
    unknown = sum(name["unknown"] for name in program["pendingEditors"] or ())
    pending = len(program["pendingEditors"] or ()) - unknown
    found: list[tuple[bool, Need]] = [
        (not over and _is_soon(program, now) and program["metrics"]["editors"] == 0, ("nobody", 0, "/people")),
        (not over and program["nothingInScope"], ("no-articles", 0, "/articles")),
        (not over and _failed(program) > 0, ("scopes", _failed(program), "/articles")),
        (unknown > 0, ("unknown", unknown, "/people")),
        (pending > 0, ("pending", pending, "/people")),
        (any(_concerns(gap, program) for gap in gaps), ("gap", 0, "")),
        ((program["update"] or {}).get("state") == "FAILED", ("update", 0, "")),
    ]
    return [need for needed, need in found if needed]


def _is_soon(program: Mapping[str, Any], now: datetime) -> bool:
    """Whether it has begun, or begins within the hour: the event, where it has one."""
    return now >= datetime.fromisoformat(program["eventStart"] or program["trackingStart"]) - SOON


def _failed(program: Mapping[str, Any]) -> int:
    return sum(scope["error"] is not None for scope in program["scopes"])


def _concerns(gap: Mapping[str, Any], program: Mapping[str, Any]) -> bool:
    """Whether a gap of the stream, not filled yet, lies in the time whose edits count."""
    if gap["reconciled"]:
        return False
    start, end, first, last = (
        datetime.fromisoformat(text)
        for text in (program["trackingStart"], program["trackingEnd"], gap["from"], gap["to"])
    )
    return first <= end and start <= last
