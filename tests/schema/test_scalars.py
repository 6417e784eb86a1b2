# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from graphql import GraphQLError

from graph.schema.scalars import read_instant, read_whole, write_instant
from tests.schema.asking import Api


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2026, 11, 22, 18, 30, tzinfo=UTC), "2026-11-22T18:30:00Z"),
        (datetime(2026, 11, 22, 18, 30, 5, 250_000, tzinfo=UTC), "2026-11-22T18:30:05.250000Z"),
        (datetime(2026, 11, 22, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-11-21T23:00:00Z"),
    ],
)
def test_an_instant_is_written_in_utc(instant: datetime, written: str) -> None:
    assert write_instant(instant) == written


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-22T18:30:00Z", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-11-22t18:30:00z", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-11-22T18:30Z", datetime(2026, 11, 22, 18, 30, tzinfo=UTC)),
        ("2026-11-22T18:30:00.5+05:30", datetime(2026, 11, 22, 13, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_an_instant_with_an_offset_is_read(given: str, meant: datetime) -> None:
    assert read_instant(given) == meant


@pytest.mark.parametrize(
    "given",
    [
        "2026-11-22T18:30:00",
        "2026-11-22",
        "2026-02-30T00:00:00Z",
        "2026-11-22T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-W47-7T00:00:00Z",
        "now",
        "",
        1_795_000_000,
        None,
        "٢٠٢٦-11-22T18:30:00Z",
    ],
)
def test_anything_else_is_no_instant(given: object) -> None:
    with pytest.raises(GraphQLError, match="with an offset") as refused:
        read_instant(given)

    assert refused.value.extensions == {"code": "INVALID"}


@pytest.mark.parametrize("given", [0, -5, 2**53 + 1, 2**63 - 1])
def test_a_whole_number_is_read(given: int) -> None:
    assert read_whole(given) == given


@pytest.mark.parametrize("given", [2**63, -(2**63), 1.0, "1", True, None, float("nan")])
def test_anything_else_is_no_whole_number(given: object) -> None:
    with pytest.raises(GraphQLError, match="at most 64 bits"):
        read_whole(given)


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ program(slug: "p") { timeline(bucket: DAY, from: "2026-11-22T00:00:00") { at } } }', {}),
        (
            'query ($from: DateTime) { program(slug: "p") { timeline(bucket: DAY, from: $from) { at } } }',
            {"from": "2026-11-22"},
        ),
    ],
)
async def test_an_instant_without_offset_is_refused_as_invalid(api: Api, query: str, variables: dict[str, Any]) -> None:
    error = await api.refusal(query, **variables)

    assert error["extensions"]["code"] == "INVALID"
    assert "with an offset" in error["message"]
