# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments that many fields share, and what is refused of them before anything is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graph.errors import ErrorCode, UserFault
from graph.resolvers.timelines import TimeBucket

MOST = 100
USUAL = 25


def argument(description: str, *, name: str | None = None) -> object:
    """What is said of an argument, inside ``Annotated``."""
    return strawberry.argument(description=" ".join(description.split()), name=name)


First = Annotated[int | None, argument("How many to give: 0 to 100, 25 unless told.")]
After = Annotated[str | None, argument("Continue after this cursor, which the same list with the same order gave out.")]
Search = Annotated[str | None, argument("Only what contains this text, in any case.")]
Dbname = Annotated[str | None, argument("Only this wiki, by database name, for example enwiki.")]
Username = Annotated[str | None, argument("Only by this editor, by username.")]
From = Annotated[datetime | None, argument("Begin with the bucket that holds this instant.", name="from")]
To = Annotated[datetime | None, argument("End with the bucket that holds this instant.")]
Edited = Annotated[bool | None, argument("Only who has counted edits, or only who has none.")]
Bucket = Annotated[TimeBucket, argument("The width of a point.")]


def how_many(first: int | None) -> int:
    """``first`` as a limit. Raises UserFault (INVALID) below 0 or above 100."""
    if first is None:
        return USUAL
    if not 0 <= first <= MOST:
        raise UserFault(ErrorCode.INVALID, f"`first` is 0 to {MOST}; for more, continue with `after`.", ("first",))
    return first


def text(value: str | None, name: str) -> str | None:
    """``value``, where a database can hold it. Raises UserFault (INVALID) for NUL and halves of characters."""
    if value is not None and not storable(value):
        raise UserFault(ErrorCode.INVALID, f"`{name}` holds characters that no text can have.", (name,))
    return value


def required(value: str, name: str) -> str:
    """As ``text``, for what must be there."""
    text(value, name)
    return value


def storable(value: str) -> bool:
    """Whether ``value`` is whole Unicode text without NUL."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value
