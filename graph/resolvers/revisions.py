# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of what can be edited, by which an editor is told that somebody else changed it meanwhile.

A token tells whether two readings are the same. That of a program is made of everything that whoever edits it may see,
a passcode among it: nobody else is given it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from graph.errors import ErrorCode, UserFault
from graph.programs import Program, Session, TrackedWiki

EXPECTED: Final = "expected"
_BYTES: Final = 12


def of_program(program: Program, tracked: Sequence[TrackedWiki]) -> str:
    """The token of a program's details as they are now; what it was before and is again has the same."""
    details = (
        program.title,
        program.description,
        program.type,
        program.visibility,
        *(
            None if instant is None else instant.isoformat()
            for instant in (program.tracking_start, program.tracking_end, program.event_start, program.event_end)
        ),
        program.home_wiki.dbname,
        sorted((each.wiki.dbname, sorted(each.namespaces)) for each in tracked),
        program.passcode_policy,
        program.passcode,
        program.registration_open,
        program.show_names_by_default,
    )
    return _token(details)


def of_session(session: Session, coordinators: Collection[int]) -> str:
    """The token of a session and of who coordinates it (by number)."""
    return _token(
        (session.title, session.venue, session.start.isoformat(), session.end.isoformat(), sorted(coordinators))
    )


def check(given: Mapping[str, Any], now: str, what: str) -> None:
    """Raise UserFault (CONFLICT) where another token than that of ``now`` is expected."""
    expected = given.get(EXPECTED)
    if expected is not None and expected != now:
        raise UserFault(ErrorCode.CONFLICT, f"Somebody else changed this {what} meanwhile: read it again.", (EXPECTED,))


def _token(details: object) -> str:
    return hashlib.blake2b(json.dumps(details).encode(), digest_size=_BYTES).hexdigest()
