# SPDX-License-Identifier: GPL-3.0-or-later
"""DateTime and BigInt: what goes over the wire and what is accepted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

BigInt = NewType("BigInt", int)

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d([.]\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LARGEST = 2**63 - 1


def write_instant(value: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second, with a fraction only where there is one."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_instant(value: object) -> datetime:
    """The instant that ``value`` names, in UTC. Raises GraphQLError (INVALID) unless it has an offset."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _invalid("A DateTime is ISO 8601 with an offset, for example 2026-11-22T18:30:00Z.")


def write_whole(value: int) -> int:
    """A JSON number."""
    return int(value)


def read_whole(value: object) -> BigInt:
    """A whole number of at most 64 bits. Raises GraphQLError (INVALID)."""
    if isinstance(value, int) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST:
        return BigInt(value)
    raise _invalid("A BigInt is a whole number of at most 64 bits, sent as a JSON number.")


def _invalid(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "INVALID"})


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, ISO 8601 in UTC, for example 2026-11-22T18:30:00Z. As input it needs an offset.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=write_instant,
        parse_value=read_instant,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number beyond 32 bits, sent as a JSON number.",
        serialize=write_whole,
        parse_value=read_whole,
    ),
}
