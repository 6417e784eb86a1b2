# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures laid open: made-up ones in every form (tests/golden/captures), whole and cut at every byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.streams.decoding import Explained, Verdict, explain, explain_capture, line

GOLDEN = Path(__file__).parent.parent / "golden"
CAPTURES = GOLDEN / "captures"
EDIT = (GOLDEN / "events" / "edit.json").read_bytes()

ALL_WELL = [
    "page_change.v1/edit | enwiki | Sample bridge | revision 90002  understood: edit by an enrolled editor;"
    " Edit by Nadia Example: +50 bytes, namespace 0, at 2026-03-08T10:15:30Z",
    "page_change.v1/create | arwiki | جسر تجريبي | revision 70001  understood: edit by an enrolled editor;"
    " Edit by عمر مثال: +2048 bytes, namespace 0, at 2026-03-08T10:17:00Z, created",
    "page_change.v1/move | arwiki | مستخدم:عمر مثال/جسر | revision 70002  understood: edit by an enrolled editor;"
    " Edit by عمر مثال: +0 bytes, namespace 2, at 2026-03-08T10:20:00Z, minor;"
    " PageMoved(page_id=503, namespace=2, title=مستخدم:عمر مثال/جسر)",
    "page_change.v1/edit | examplewiki | Example | revision 2  refused: canary",
    "page_change.v1/edit | enwiki | Sample bridge | revision 90006"
    "  refused: edit whose editor is hidden or not named;"
    " RevisionVisibility(revision_id=90006, text=yes, editor=no, summary=yes)",
    "page_change.v1/edit | dewiki | Beispielbrücke | revision 40002  refused: edit by a temporary account",
    "page_change.v1/delete | enwiki | Sample bridge | revision 90005  understood: page deleted;"
    " PageDeleted(page_id=501, suppressed=yes)",
    "revision-tags-change | enwiki | Sample bridge | revision 90002  understood: mw-reverted came or went;"
    " RevisionTagged(revision_id=90002, reverted=yes)",
    "page_change.v1/visibility_change | enwiki | Sample bridge | revision 90005"
    "  understood: revision's visibility changed;"
    " RevisionVisibility(revision_id=90005, text=yes, editor=yes, summary=no)",
    "page_change.v1/undelete | enwiki | Sample bridge | revision 90005  understood: page undeleted;"
    " PageUndeleted(page_id=501, namespace=0, title=Sample bridge);"
    " RevisionVisibility(revision_id=90005, text=yes, editor=yes, summary=yes)",
]


def capture(*chunks: bytes) -> list[Explained]:
    return list(explain_capture(chunks))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


@pytest.mark.parametrize("name", ["all_well.sse", "all_well.ndjson", "array.json"])
@pytest.mark.parametrize("size", [1, 997, 10_000_000])
def test_an_event_stream_json_lines_and_a_document_say_the_same_in_any_chunks(name: str, size: int) -> None:
    explained = capture(*pieces((CAPTURES / name).read_bytes(), size))
    assert [line(event) for event in explained] == ALL_WELL
    assert [event.verdict for event in explained].count(Verdict.REFUSED) == 3


def test_what_cannot_be_read_is_malformed_and_named_with_its_reason() -> None:
    explained = capture((CAPTURES / "malformed.ndjson").read_bytes())
    assert [(event.verdict.value, event.reason) for event in explained] == [
        ("understood", "edit by an enrolled editor"),
        ("malformed", "a field is missing or wrong: Object missing required field `page`"),
        ("malformed", "unknown kind of page change: merge"),
        ("malformed", "unknown stream: mediawiki.recentchange"),
        ("refused", "size of the parent unknown"),
        ("understood", "edit by an enrolled editor"),
        ("malformed", "not JSON: Input data was truncated"),
    ]
    assert line(explained[1]).startswith("page_change.v1/edit | enwiki | revision 90002  malformed: ")
    assert line(explained[-1]).startswith("? | ?  malformed: not JSON")


@pytest.mark.parametrize(
    "document",
    [EDIT, EDIT.strip(), b"\xef\xbb\xbf" + EDIT, json.dumps(json.loads(EDIT)).encode(), b"\n\n[" + EDIT + b"]"],
    ids=["on many lines", "without a last newline", "with a byte order mark", "on one line", "in an array"],
)
def test_one_document_is_one_event(document: bytes) -> None:
    assert [line(event) for event in capture(document)] == ALL_WELL[:1]


@pytest.mark.parametrize("empty", [b"", b"\n \r\n", b"\xef\xbb\xbf", b":ok\n\n", b"data: {", b"hello"])
def test_a_capture_may_hold_no_event(empty: bytes) -> None:
    assert capture(empty) == []


def test_an_event_that_is_too_large_is_malformed_and_the_next_one_is_read() -> None:
    large = b"data: " + b"x" * 5_000_000 + b"\n\n"
    well = b"data: " + json.dumps(json.loads(EDIT)).encode() + b"\n\n"
    assert [event.reason for event in capture(large, well)] == ["event too large", "edit by an enrolled editor"]


def test_an_error_of_the_server_is_told() -> None:
    assert capture(b"event: error\ndata: broker gone\n\n") == [
        Explained(Verdict.MALFORMED, "the server reported an error: broker gone")
    ]


@pytest.mark.parametrize(
    "data",
    [
        b'{"meta": 5, "page": [], "revision": "x", "rev_id": "y", "wiki_id": 7}',
        b'{"page": {"page_title": 9}}',
        b"7",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_nothing_an_event_says_is_fatal(data: bytes) -> None:
    explained = explain(data)
    assert (explained.verdict, explained.page, explained.wiki) == (Verdict.MALFORMED, "", "")
    assert [event.verdict for event in capture(b"[" + data + b"]")] == [Verdict.MALFORMED]
    assert {event.verdict for event in capture(data)} <= {Verdict.MALFORMED}
