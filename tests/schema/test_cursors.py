# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import ErrorCode, UserFault
from graph.schema import cursors

SHAPE = (int, str, int)
whole = st.integers(-(2**63) + 1, 2**63 - 1)
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(rank=whole, name=text, number=whole)
def test_a_cursor_leads_back_to_its_place(rank: int, name: str, number: int) -> None:
    assert cursors.decode("programs TITLE", cursors.encode("programs TITLE", (rank, name, number)), SHAPE) == (
        rank,
        name,
        number,
    )


def test_a_cursor_of_the_activity_leads_back_to_its_place() -> None:
    assert cursors.decode_activity(cursors.encode_activity("e9", 7)) == ("e9", 7)


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "!",
        "abcde",
        "é",
        packed({}),
        packed([]),
        packed([2, "list", 1, "a", 1]),
        packed([1, "other list", 1, "a", 1]),
        packed([1, "list", 1, "a"]),
        packed([1, "list", 1, "a", 1, 1]),
        packed([1, "list", 1.5, "a", 1]),
        packed([1, "list", True, "a", 1]),
        packed([1, "list", 1, None, 1]),
        packed([1, "list", 2**63, "a", 1]),
        packed([1, "list", 1, "a\0", 1]),
        packed([1, "list", 1, "\ud800", 1]),
        packed([1, "list", 1, "a" * 5000, 1]),
        base64.urlsafe_b64encode(b"[" * 2900).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_what_the_list_did_not_give_out_is_refused(broken: str) -> None:
    with pytest.raises(UserFault) as refused:
        cursors.decode("list", broken, SHAPE)

    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("after",))


@given(st.text())
def test_no_text_at_all_breaks_anything(anything: str) -> None:
    with pytest.raises(UserFault):
        cursors.decode("list", anything, SHAPE)
