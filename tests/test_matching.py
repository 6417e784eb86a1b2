# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from graph.edits import Edit
from graph.matching import Enrolled, Index, Match, Rules, canonical_username, is_upload, matches
from graph.programs import ProgramType

START = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)

EDIT = Edit(
    wiki="enwiki",
    revision_id=100,
    page_id=7,
    namespace=0,
    title="Ada Lovelace",
    username="Grace",
    central_id=11,
    at=datetime(2026, 3, 8, 12, 0, tzinfo=UTC),
    byte_change=42,
    created=False,
    redirect=False,
    minor=False,
    summary="",
)
UPLOAD = replace(EDIT, wiki="commonswiki", namespace=6, title="File:A.jpg", created=True)
RULES = Rules(
    program_id=1,
    tracking_start=START,
    tracking_end=END,
    wikis={"enwiki": frozenset({0})},
    type=ProgramType.BASIC,
    editors=frozenset({1}),
    excluded=frozenset(),
    scope=frozenset(),
)


def enrolled(editor_id: int, central_id: int | None, username: str) -> Enrolled:
    return Enrolled(editor_id, central_id, username, START, END)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("alan turing", "Alan turing"),
        ("Alan_Turing", "Alan Turing"),
        ("  _Alan__ Turing_ ", "Alan Turing"),
        ("\u200eAlan\u202c", "Alan"),
        ("écrivain", "Écrivain"),
        ("ßeta", "ßeta"),
        ("ﬁona", "ﬁona"),
        ("გიორგი", "გიორგი"),
        ("юлия", "Юлия"),
        ("日本", "日本"),
        ("~2026-1234-5", "~2026-1234-5"),
        ("User:Alan", "User:Alan"),
        ("", ""),
    ],
)
def test_a_username_is_brought_to_the_form_mediawiki_stores(given: str, stored: str) -> None:
    assert canonical_username(given) == stored
    assert canonical_username(stored) == stored


def test_an_editor_is_found_by_central_id_whatever_the_name() -> None:
    index = Index([enrolled(1, 11, "Grace")])
    assert index.find("enwiki", 11, "Grace Hopper") == 1


def test_an_editor_without_central_id_is_found_by_name_on_any_wiki() -> None:
    index = Index([enrolled(1, None, "grace_hopper")])
    assert index.find("enwiki", None, "Grace hopper") == 1
    assert index.find("dewiki", 11, "Grace hopper") == 1


def test_an_event_without_central_id_is_matched_by_name() -> None:
    assert Index([enrolled(1, 11, "Grace")]).find("enwiki", None, "Grace") == 1


def test_somebody_who_took_over_a_name_is_a_stranger() -> None:
    assert Index([enrolled(1, 11, "Grace")]).find("enwiki", 12, "Grace") is None


def test_strangers_are_not_found() -> None:
    index = Index([enrolled(1, 11, "Grace"), enrolled(2, None, "Ada")])
    assert index.find("enwiki", 99, "Mallory") is None
    assert index.find("enwiki", None, "Mallory") is None


def test_put_replaces_what_was_known_of_the_editor() -> None:
    index = Index([enrolled(1, None, "Grace")])
    index.put(enrolled(1, 11, "Hopper"))
    assert index.find("enwiki", None, "Grace") is None
    assert index.find("enwiki", 11, "Grace") == 1
    assert len(index) == 1


def test_a_removed_editor_is_a_stranger() -> None:
    index = Index([enrolled(1, 11, "Grace"), enrolled(2, 12, "Ada")])
    index.remove(1)
    index.remove(3)
    assert index.find("enwiki", 11, "Grace") is None
    assert index.find("enwiki", None, "Grace") is None
    assert index.find("enwiki", 12, "Ada") == 2
    assert not index.covers(1, START)


def test_removing_an_editor_leaves_the_later_holder_of_the_name() -> None:
    index = Index([enrolled(1, 11, "Grace"), enrolled(2, 12, "Grace")])
    index.remove(1)
    assert index.find("enwiki", None, "Grace") == 2


def test_replace_forgets_everybody_else() -> None:
    index = Index([enrolled(1, 11, "Grace")])
    index.replace([enrolled(2, 12, "Ada")])
    assert (len(index), index.find("enwiki", 11, "Grace"), index.find("enwiki", 12, "Ada")) == (1, None, 2)


def test_replace_may_be_fed_from_a_generator() -> None:
    index = Index()
    index.replace(enrolled(number, number, f"Editor {number}") for number in range(3))
    assert len(index) == 3


def test_both_ends_of_the_window_are_covered() -> None:
    index = Index([enrolled(1, 11, "Grace")])
    assert [index.covers(1, at) for at in (START - SECOND, START, END, END + SECOND)] == [
        False,
        True,
        True,
        False,
    ]


def test_an_edit_by_an_enrolled_editor_in_the_window_on_a_tracked_wiki_counts() -> None:
    assert matches(RULES, EDIT, 1) is Match.COUNTS


Change = Callable[[Rules, Edit], tuple[Rules, Edit]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda r, e: (replace(r, editors=frozenset({2})), e), id="not enrolled"),
        pytest.param(lambda r, e: (r, replace(e, at=START - SECOND)), id="before the window"),
        pytest.param(lambda r, e: (r, replace(e, at=END + SECOND)), id="after the window"),
        pytest.param(lambda r, e: (r, replace(e, wiki="dewiki")), id="wiki not tracked"),
        pytest.param(lambda r, e: (replace(r, excluded=frozenset({("enwiki", 7)})), e), id="page excluded"),
        pytest.param(lambda r, e: (replace(r, type=ProgramType.ARTICLE_SCOPED), e), id="page out of scope"),
    ],
)
def test_one_unmet_condition_is_enough_not_to_count(change: Change) -> None:
    rules, edit = change(RULES, EDIT)
    assert matches(rules, edit, 1) is Match.NO


def test_both_ends_of_the_tracking_window_count() -> None:
    assert matches(RULES, replace(EDIT, at=START), 1) is Match.COUNTS
    assert matches(RULES, replace(EDIT, at=END), 1) is Match.COUNTS


def test_every_namespace_of_a_tracked_wiki_counts() -> None:
    assert matches(RULES, replace(EDIT, namespace=3), 1) is Match.COUNTS


def test_the_same_page_number_on_another_wiki_is_another_page() -> None:
    assert matches(replace(RULES, excluded=frozenset({("dewiki", 7)})), EDIT, 1) is Match.COUNTS


def test_a_page_in_the_scope_counts() -> None:
    rules = replace(RULES, type=ProgramType.ARTICLE_SCOPED, scope=frozenset({("enwiki", 7)}))
    assert matches(rules, EDIT, 1) is Match.COUNTS


def test_a_scope_says_nothing_in_a_program_of_another_type() -> None:
    assert matches(replace(RULES, scope=frozenset({("enwiki", 8)})), EDIT, 1) is Match.COUNTS


def test_an_upload_to_an_untracked_commons_counts_as_an_upload_only() -> None:
    assert matches(RULES, UPLOAD, 1) is Match.UPLOAD_ONLY


def test_an_upload_to_a_tracked_commons_counts_in_full() -> None:
    assert matches(replace(RULES, wikis={"commonswiki": frozenset({6})}), UPLOAD, 1) is Match.COUNTS


def test_an_upload_out_of_scope_does_not_count() -> None:
    rules = replace(RULES, type=ProgramType.ARTICLE_SCOPED)
    assert matches(rules, UPLOAD, 1) is Match.NO
    assert matches(replace(rules, scope=frozenset({("commonswiki", 7)})), UPLOAD, 1) is Match.UPLOAD_ONLY


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(replace(UPLOAD, created=False), id="a new version"),
        pytest.param(replace(UPLOAD, redirect=True), id="a redirect left by a move"),
        pytest.param(replace(UPLOAD, namespace=14), id="another namespace"),
        pytest.param(replace(UPLOAD, wiki="enwiki"), id="a file of another wiki"),
    ],
)
def test_only_a_new_file_on_commons_is_an_upload(edit: Edit) -> None:
    assert is_upload(UPLOAD)
    assert not is_upload(edit)
