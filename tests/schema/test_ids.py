# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

from graph.errors import ErrorCode, UserFault
from graph.schema import ids
from graph.schema.ids import GlobalId, Kind


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_an_id_names_its_kind_and_number() -> None:
    assert ids.parse(ids.encode(Kind.PROGRAM, 12)) == GlobalId(Kind.PROGRAM, 12)


def test_the_id_of_an_edit_names_its_wiki_and_revision() -> None:
    assert ids.parse(ids.encode_edit("zh_min_nanwiki", 99)) == GlobalId(Kind.EDIT, 99, "zh_min_nanwiki")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Program:1",
        "äöü",
        packed("Program"),
        packed("Program:0"),
        packed("Program:-1"),
        packed("Program:01"),
        packed("Program:1:2"),
        packed("Program:٣"),
        packed("Program:9223372036854775808"),
        packed("Planet:1"),
        packed("Edit:1"),
        packed("Edit:enwiki:0"),
        packed("Edit:en wiki:5"),
        packed("Edit::5"),
        "a" * 100_000,
    ],
)
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert ids.parse(text) is None


def test_an_id_of_another_kind_is_refused_and_the_field_named() -> None:
    with pytest.raises(UserFault) as refused:
        ids.number(ids.encode(Kind.CAMPAIGN, 3), Kind.PROGRAM, "programId")

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("programId",))
    assert str(refused.value) == "This is not the id of any program."


def test_an_id_of_the_right_kind_gives_its_number() -> None:
    assert ids.number(ids.encode(Kind.CAMPAIGN, 3), Kind.CAMPAIGN, "campaignId") == 3
