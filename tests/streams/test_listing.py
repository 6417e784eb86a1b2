# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden pairs: one revision as the stream's event and as a row of the list of contributions (tests/golden/pairs)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.edits import Change, Edit, RevisionsReverted, RevisionTagged, RevisionVisibility
from graph.streams import listing
from graph.streams.events import understand
from graph.wikimedia.contributions import Account, Contribution

GOLDEN = Path(__file__).parent.parent / "golden"
PAIRS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted((GOLDEN / "pairs").glob("*.json"))
}
AS_OF = datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC)


def event_of(pair: dict[str, Any]) -> dict[str, Any]:
    """The event itself, or the golden one of that name."""
    event = pair["page_change"]
    if isinstance(event, str):
        event = json.loads((GOLDEN / "events" / f"{event}.json").read_text("utf-8"))
    return event


def row_of(pair: dict[str, Any], **changed: object) -> Contribution:
    return msgspec.json.decode(json.dumps(pair["usercontribs"] | changed), type=Contribution)


def told_by_stream(pair: dict[str, Any]) -> tuple[Edit, list[Change]]:
    seen = understand(json.dumps(event_of(pair)).encode(), lambda *_: 1)
    (one,) = seen.edits
    return one.edit, list(seen.changes)


def told_by_list(pair: dict[str, Any]) -> Edit:
    event, row = event_of(pair), row_of(pair)
    author = event["revision"]["editor"]
    assert listing.is_measured(row)
    assert row.userid == author["user_id"]
    return listing.edit(event["wiki_id"], row, Account(row.userid, row.user, author["user_central_id"]))


@pytest.mark.parametrize("name", PAIRS)
def test_both_sources_give_the_same_edit(name: str) -> None:
    assert told_by_list(PAIRS[name]) == told_by_stream(PAIRS[name])[0]


def test_there_is_a_pair_for_every_kind_of_edit() -> None:
    edits = {name: told_by_list(pair) for name, pair in PAIRS.items()}
    assert {name for name, edit in edits.items() if edit.created} == {
        "create", "create_redirect", "create_redirect_by_hand", "created_empty", "file_redirect", "import_new_page",
        "upload",
    }  # fmt: skip
    assert {name for name, edit in edits.items() if edit.redirect} == {
        "create_redirect", "create_redirect_by_hand", "file_redirect",
    }  # fmt: skip
    assert {name for name, edit in edits.items() if edit.minor} == {"edit_minor_shrinking", "move"}
    assert {name for name, edit in edits.items() if edit.summary is None} == {"hidden", "hidden_summary"}
    assert {name for name, edit in edits.items() if edit.byte_change == 0} == {
        "created_empty", "move", "upload_new_version",
    }  # fmt: skip
    assert {edit.wiki for edit in edits.values()} == {
        "arwiki", "cawiki", "commonswiki", "enwiki", "frwiki", "wikidatawiki",
    }  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_both_sources_tell_the_same_of_what_is_hidden(name: str) -> None:
    pair = PAIRS[name]
    hidden = [change for change in told_by_stream(pair)[1] if isinstance(change, RevisionVisibility)]
    row, wiki = row_of(pair), event_of(pair)["wiki_id"]
    if hidden:
        as_of = hidden[0].as_of
        assert list(listing.changes(wiki, row, as_of, known_reverted=False)) == hidden
    else:
        assert list(listing.changes(wiki, row, AS_OF, known_reverted=False)) == []


def test_reverts_are_pairs_too_and_the_stream_names_their_range() -> None:
    methods = {
        name
        for name, pair in PAIRS.items()
        if any(isinstance(change, RevisionsReverted) for change in told_by_stream(pair)[1])
    }
    assert methods == {"rollback", "undo", "manual_revert"}


def test_the_tag_of_a_reverted_edit_is_told_unless_it_is_known() -> None:
    row = row_of(PAIRS["edit"], tags=["visualeditor", "mw-reverted"])
    told = [RevisionTagged("enwiki", 90002, True, AS_OF)]
    assert list(listing.changes("enwiki", row, AS_OF, known_reverted=False)) == told
    assert list(listing.changes("enwiki", row, AS_OF, known_reverted=True)) == []


@pytest.mark.parametrize(
    ("members", "measured"),
    [
        ({}, True),
        ({"parentid": 0, "sizediff": None}, True),
        ({"parentid": 0, "size": None}, False),
        ({"parentid": None}, False),
        ({"sizediff": None}, False),
        ({"size": None}, True),
    ],
)
def test_a_row_is_measured_where_parent_and_change_are_known(members: dict[str, object], measured: bool) -> None:
    assert listing.is_measured(row_of(PAIRS["edit"], **members)) is measured


def test_a_parent_that_exists_no_more_counts_nothing_as_in_the_wikis_own_lists() -> None:
    row = row_of(PAIRS["edit"], sizediff=1450)
    edit = listing.edit("enwiki", row, Account(41, "Nadia Example", 7001))
    assert (edit.byte_change, edit.created) == (1450, False)


@pytest.mark.parametrize(
    ("text", "redirect"),
    [
        ("#REDIRECT [[Bridge]]", True),
        ("#redirect[[Bridge]]", True),
        ("\n #Redirect: [[:Category:Bridges|x]]\n{{R from move}}", True),
        ("#WEITERLEITUNG [[Brücke]]", True),
        ("#تحويل [[جسر]]", True),
        ("#重定向 [[桥]]", True),
        ("#đổi [[Cầu]]", True),
        ("# [[Bridge]]", False),
        ("#REDIRECT Bridge", False),
        ("A bridge. #REDIRECT [[Bridge]]", False),
        ("", False),
    ],
)
def test_a_redirect_is_known_by_its_first_words_in_every_language(text: str, redirect: bool) -> None:
    assert listing.is_redirect(text) is redirect


@pytest.mark.parametrize(
    ("members", "doubtful"),
    [
        ({}, True),
        ({"size": 501}, False),
        ({"size": 0}, False),
        ({"tags": ["mw-new-redirect"]}, False),
        ({"parentid": 7}, False),
        ({"texthidden": True}, False),
    ],
)
def test_only_short_new_pages_whose_tags_say_nothing_are_looked_at(members: dict[str, object], doubtful: bool) -> None:
    row = row_of(PAIRS["edit"], **{"parentid": 0, "size": 500, "tags": []} | members)
    assert listing.may_be_redirect(row) is doubtful


def test_what_was_looked_at_says_more_than_the_row() -> None:
    row = row_of(PAIRS["edit"], parentid=0)
    author = Account(41, "Nadia Example", 7001)
    assert listing.edit("enwiki", row, author, redirect=True).redirect
    assert not listing.edit("enwiki", row, author).redirect
    assert not listing.edit("enwiki", row_of(PAIRS["edit"]), author, redirect=True).redirect


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_whatever_stands_in_a_row_can_be_stored(comment: str, title: str) -> None:
    row = row_of(PAIRS["edit"], comment=comment, title=title)
    edit = listing.edit("enwiki", row, Account(41, "A\0", None))
    assert "\0" not in f"{edit.summary}{edit.title}{edit.username}"
    assert "_" not in edit.title
