# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.wikimedia.scopes.json_list import LONGEST, JsonList, MalformedList

TRICKY = {
    "namespaces": {"0": "", "-1": "Spécial", "deep": {"er": [1, {"x": []}]}},
    "pages": [{"t": 'a",{[]}\\', "n": {}}, "x\\", ",", "[", 'q"', "", 0, None, [1, "]"], "長江"],
    "status": "OK",
    "wiki": "enwiki",
}


def read(body: bytes, size: int = 1) -> tuple[list[Any], dict[str, Any]]:
    reader = JsonList("pages")
    items: list[Any] = []
    for start in range(0, len(body), size):
        items += [json.loads(item) for item in reader.feed(body[start : start + size])]
    reader.close()
    return items, reader.members


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_is_the_same_in_pieces_of_any_size(size: int, indent: int | None) -> None:
    body = json.dumps(TRICKY, indent=indent, ensure_ascii=False).encode()
    items, members = read(body, size)
    assert items == TRICKY["pages"]
    assert members == {name: value for name, value in TRICKY.items() if name != "pages"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=3
)


@given(
    head=st.dictionaries(st.text().filter(lambda name: name != "pages"), VALUES, max_size=3),
    pages=st.lists(VALUES | st.dictionaries(st.text(), st.text()), max_size=5),
    size=st.integers(1, 50),
    escaped=st.booleans(),
)
def test_whatever_json_can_say_is_read(head: dict[str, Any], pages: list[Any], size: int, escaped: bool) -> None:
    body = json.dumps({**head, "pages": pages}, ensure_ascii=escaped).encode(errors="replace")
    assert read(body, size) == (json.loads(body)["pages"], {key: json.loads(body)[key] for key in head})


def test_an_item_comes_as_soon_as_it_is_whole() -> None:
    reader = JsonList("pages")
    assert reader.feed(b'{"wiki":"x","pages":["a","b') == [b'"a"']
    assert (reader.members, reader.begun, reader.ended) == ({"wiki": "x"}, True, False)
    assert reader.feed(b'c"]}') == [b'"bc"']
    assert reader.ended


@pytest.mark.parametrize(("body", "begun"), [(b"{}", False), (b' { "pages" : [ ] } \n', True), (b'{"a":1}', False)])
def test_a_list_can_be_empty_or_missing(body: bytes, begun: bool) -> None:
    reader = JsonList("pages")
    assert reader.feed(body) == []
    reader.close()
    assert reader.begun is begun


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html>", "it is no JSON object"),
        (b"[1]", "it is no JSON object"),
        (b'{"pages":{"a":1}}', "its pages are no list"),
        (b'{"pages":[],"pages":[]}', "its pages are no list"),
        (b'{"pages":["a","b"', "it ends in the middle"),
        (b'{"pages":["a"]', "it ends in the middle"),
        (b'{"wiki":nul,"pages":[]}', "it is no JSON"),
        (b'{"wiki":"\xff","pages":[]}', "it is no JSON"),
        (b'{"pages":[]} trailing', "something comes after its end"),
        (b'{"pages":[],}', "it ends in the middle"),
    ],
)
def test_what_is_no_such_object_is_malformed(body: bytes, message: str) -> None:
    with pytest.raises(MalformedList) as raised:
        read(body, 1000)
    assert str(raised.value) == message


@pytest.mark.parametrize("start", [b'{"pages":["', b'{"', b'{"wiki":"', b'{"pages":[[', b'{"pages":["a" "b" '])
def test_what_never_ends_is_given_up_after_a_megabyte(start: bytes) -> None:
    reader = JsonList("pages")
    reader.feed(start)
    reader.feed(b"x" * (LONGEST - 20))
    with pytest.raises(MalformedList, match="too large"):
        reader.feed(b"x" * 21)


def test_endless_members_are_given_up() -> None:
    reader = JsonList("pages")
    with pytest.raises(MalformedList, match="too many members"):
        reader.feed(b"{" + b",".join(b'"%d":1' % number for number in range(1002)) + b"}")
