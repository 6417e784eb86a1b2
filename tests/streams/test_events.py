# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of event, made up in the shape of the real ones (tests/golden/events)."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.edits import (
    Edit,
    PageDeleted,
    PageMoved,
    PageUndeleted,
    RevisionsReverted,
    RevisionTagged,
    RevisionVisibility,
    SeenEdit,
)
from graph.errors import MalformedEvent
from graph.streams.events import (
    NOT_JSON,
    SIZE_UNKNOWN,
    UNKNOWN_KIND,
    UNKNOWN_STREAM,
    WRONG_FIELD,
    Kind,
    Understood,
    understand,
)
from graph.streams.sse import Decoder

GOLDEN = Path(__file__).parent.parent / "golden"
EVENTS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted((GOLDEN / "events").glob("*.json"))
}
NADIA, OMAR = 7001, 7002
MISSING = object()


def find(wiki: str, central_id: int | None, username: str) -> int | None:
    """Nadia and Omar are enrolled, as editors 1 and 2; whoever has no central id is a stranger."""
    return {NADIA: 1, OMAR: 2}.get(central_id or 0)


def read(event: object) -> Understood:
    return understand(json.dumps(event, ensure_ascii=False).encode(), find)


def changed(name: str, path: str, value: object = MISSING) -> dict[str, Any]:
    """A golden event with another value at a dotted path, or without the key."""
    event = deepcopy(EVENTS[name])
    *parents, key = path.split(".")
    place = event
    for parent in parents:
        place = place[parent]
    if value is MISSING:
        del place[key]
    else:
        place[key] = value
    return event


def refused(event: object) -> str:
    with pytest.raises(MalformedEvent) as caught:
        read(event)
    return caught.value.reason


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_an_edit_by_an_enrolled_editor() -> None:
    seen = read(EVENTS["edit"])
    assert (seen.kind, seen.topic, seen.dt_ms) == (Kind.EDIT, "eqiad.mediawiki.page_change.v1", 1772964931250)
    assert seen.happened == utc(2026, 3, 8, 10, 15, 30)
    edit = Edit(
        wiki="enwiki",
        revision_id=90002,
        page_id=501,
        namespace=0,
        title="Sample bridge",
        username="Nadia Example",
        central_id=NADIA,
        at=utc(2026, 3, 8, 10, 15, 30),
        byte_change=50,
        created=False,
        redirect=False,
        minor=False,
        summary="/* History */ add the opening — 日本 ✓",
    )
    assert list(seen.edits) == [SeenEdit(edit, 1, utc(2026, 3, 8, 10, 15, 31, 250_000))]
    assert list(seen.changes) == []


def test_a_minor_edit_that_shrinks_a_page_of_another_namespace() -> None:
    [seen] = read(EVENTS["edit_minor_shrinking"]).edits
    assert (seen.edit.minor, seen.edit.byte_change, seen.edit.namespace) == (True, -100, 2)
    assert (seen.edit.title, seen.edit.summary) == ("Usuari:Nadia Example/proves", "")


def test_a_created_page_brings_its_whole_size() -> None:
    [seen] = read(EVENTS["create"]).edits
    assert (seen.editor_id, seen.edit.created, seen.edit.redirect, seen.edit.byte_change) == (2, True, False, 2048)
    assert (seen.edit.wiki, seen.edit.title, seen.edit.username) == ("arwiki", "جسر تجريبي", "عمر مثال")


def test_a_created_redirect_says_so() -> None:
    [seen] = read(EVENTS["create_redirect"]).edits
    assert (seen.edit.created, seen.edit.redirect) == (True, True)


def test_a_later_edit_of_a_redirect_is_no_new_redirect() -> None:
    [seen] = read(changed("edit", "page.is_redirect", True)).edits
    assert (seen.edit.created, seen.edit.redirect) == (False, False)


def test_an_upload_is_a_created_page_in_the_file_namespace() -> None:
    [seen] = read(EVENTS["upload"]).edits
    assert (seen.edit.wiki, seen.edit.namespace, seen.edit.created) == ("commonswiki", 6, True)
    assert seen.edit.title == "File:Sample bridge, 2026.jpg"


def test_a_move_is_an_edit_of_no_bytes_and_a_new_title() -> None:
    seen = read(EVENTS["move"])
    as_of = utc(2026, 3, 8, 10, 20, 1, 200_000)
    assert [(e.edit.revision_id, e.edit.byte_change, e.edit.created) for e in seen.edits] == [(70002, 0, False)]
    assert list(seen.changes) == [PageMoved("arwiki", 503, 2, "مستخدم:عمر مثال/جسر", as_of)]


def test_a_move_by_a_stranger_still_moves_the_page() -> None:
    seen = read(changed("move", "revision.editor.user_central_id", 1))
    assert (seen.kind, len(seen.edits), len(seen.changes)) == (Kind.STRANGER, 0, 1)


def test_an_edit_by_a_stranger_means_nothing() -> None:
    seen = read(changed("edit", "revision.editor.user_central_id", 1))
    assert (seen.kind, list(seen.edits), list(seen.changes)) == (Kind.STRANGER, [], [])


def test_the_author_is_the_revision_s_editor_and_not_the_performer() -> None:
    assert read(changed("edit", "performer", {"user_text": "An importer", "user_central_id": 5})).kind == Kind.EDIT
    assert read(changed("rollback", "performer.user_central_id", NADIA)).kind == Kind.STRANGER


def test_an_imported_revision_counts_by_its_own_time() -> None:
    event = changed("create", "revision.rev_dt", "2009-01-02T03:04:05Z")
    [seen] = read(event).edits
    assert seen.edit.at == utc(2009, 1, 2, 3, 4, 5)


def test_the_time_of_an_edit_is_in_whole_seconds_and_utc() -> None:
    [seen] = read(changed("edit", "revision.rev_dt", "2026-03-08T12:15:30.999+02:00")).edits
    assert seen.edit.at == utc(2026, 3, 8, 10, 15, 30)


def test_an_editor_without_central_id_is_looked_up_by_wiki_and_name() -> None:
    asked: list[tuple[str, int | None, str]] = []

    def note(wiki: str, central_id: int | None, username: str) -> int:
        asked.append((wiki, central_id, username))
        return 5

    event = changed("edit", "revision.editor.user_central_id")
    [seen] = understand(json.dumps(event).encode(), note).edits
    assert (asked, seen.editor_id, seen.edit.central_id) == ([("enwiki", None, "Nadia Example")], 5, None)


def test_a_rollback_names_the_range_it_reverts_whoever_did_it() -> None:
    seen = read(EVENTS["rollback"])
    as_of = utc(2026, 3, 8, 11, 0, 1)
    assert (seen.kind, list(seen.edits)) == (Kind.STRANGER, [])
    assert list(seen.changes) == [RevisionsReverted("enwiki", 501, 90002, 90004, as_of)]


def test_a_revert_without_a_range_is_only_an_edit() -> None:
    assert list(read(changed("rollback", "revision.revert", {"method": "manual", "is_exact": False})).changes) == []


def test_a_deleted_page() -> None:
    seen = read(EVENTS["delete"])
    assert (seen.kind, seen.happened) == (Kind.DELETE, utc(2026, 3, 9, 8))
    assert list(seen.changes) == [PageDeleted("enwiki", 501, utc(2026, 3, 9, 8, 0, 0, 700_000))]


def test_a_suppressed_page() -> None:
    assert list(read(EVENTS["suppress"]).changes) == [
        PageDeleted("enwiki", 501, utc(2026, 3, 9, 8, 30, 0, 700_000), suppressed=True)
    ]


def test_a_deletion_on_a_wiki_that_strips_names_is_no_suppression() -> None:
    [change] = read(changed("suppress", "performer", {})).changes
    assert change == PageDeleted("enwiki", 501, utc(2026, 3, 9, 8, 30, 0, 700_000), suppressed=False)


def test_an_undeleted_page_and_what_of_its_last_revision_is_shown() -> None:
    as_of = utc(2026, 3, 9, 9, 0, 0, 700_000)
    assert list(read(EVENTS["undelete"]).changes) == [
        PageUndeleted("enwiki", 501, 0, "Sample bridge", as_of),
        RevisionVisibility("enwiki", 90005, text=True, editor=True, summary=True, as_of=as_of),
    ]


def test_a_hidden_summary_of_a_current_revision() -> None:
    as_of = utc(2026, 3, 9, 10, 0, 0, 700_000)
    seen = read(EVENTS["visibility"])
    assert (seen.kind, list(seen.edits)) == (Kind.VISIBILITY, [])
    assert list(seen.changes) == [
        RevisionVisibility("enwiki", 90005, text=True, editor=True, summary=False, as_of=as_of)
    ]


def test_an_edit_whose_editor_is_hidden_is_nobody_s_and_takes_itself_back() -> None:
    as_of = utc(2026, 3, 9, 11, 0, 0, 700_000)
    for event in (EVENTS["hidden_editor"], changed("hidden_editor", "revision.editor", EVENTS["edit"]["performer"])):
        seen = read(event)
        assert (seen.kind, list(seen.edits)) == (Kind.NAMELESS, [])
        assert list(seen.changes) == [
            RevisionVisibility("enwiki", 90006, text=True, editor=False, summary=True, as_of=as_of)
        ]


def test_a_hidden_summary_is_not_carried_along() -> None:
    seen = read(changed("edit", "revision.is_comment_visible", False))
    assert [e.edit.summary for e in seen.edits] == [None]
    assert [type(change) for change in seen.changes] == [RevisionVisibility]


def test_an_edit_on_a_page_without_names_is_nobody_s() -> None:
    seen = read(EVENTS["redacted"])
    assert (seen.kind, list(seen.edits), list(seen.changes)) == (Kind.NAMELESS, [], [])


def test_a_missing_performer_or_an_empty_editor_is_not_fatal() -> None:
    assert read(changed("edit", "performer")).kind == Kind.EDIT
    assert read(changed("edit", "revision.editor", {})).kind == Kind.NAMELESS


def test_a_temporary_account_is_not_even_looked_up() -> None:
    assert understand(json.dumps(EVENTS["temporary"]).encode(), lambda *_: 1).kind == Kind.TEMPORARY


def test_a_revision_in_which_text_and_editor_were_hidden() -> None:
    as_of = utc(2026, 3, 10, 9, 0, 0, 100_000)
    assert list(read(EVENTS["revision_hidden"]).changes) == [
        RevisionVisibility("enwiki", 90002, text=False, editor=False, summary=True, as_of=as_of)
    ]


def test_mw_reverted_came_or_went() -> None:
    came, went = read(EVENTS["tag_reverted"]), read(EVENTS["tag_unreverted"])
    assert (came.kind, went.kind) == (Kind.REVERTED_TAG, Kind.REVERTED_TAG)
    assert list(came.changes) == [RevisionTagged("enwiki", 90002, True, utc(2026, 3, 8, 11, 0, 5, 400_000))]
    assert list(went.changes) == [RevisionTagged("enwiki", 90002, False, utc(2026, 3, 8, 12, 0, 5, 400_000))]


@pytest.mark.parametrize(("before", "after"), [([], ["mobile edit"]), (["mw-reverted"], ["mw-reverted", "x"])])
def test_other_tags_mean_nothing(before: list[str], after: list[str]) -> None:
    event = changed("tag_other", "tags", after) | {"prior_state": {"tags": before}}
    assert (read(event).kind, list(read(event).changes)) == (Kind.OTHER_TAGS, [])


@pytest.mark.parametrize(
    "event",
    [
        EVENTS["canary"],
        {"$schema": "/mediawiki/recentchange/1.0.0", "meta": {"domain": "canary", "dt": "2026-03-09T11:03:00.700Z"}},
        changed("edit", "wiki_id", "examplewiki"),
        changed("tag_other", "database", "examplewiki"),
    ],
)
def test_a_canary_means_nothing_but_has_a_time(event: dict[str, Any]) -> None:
    seen = read(event)
    assert (seen.canary, seen.kind, list(seen.edits), list(seen.changes)) == (True, Kind.CANARY, [], [])
    assert seen.dt_ms > 0


def test_an_event_that_did_not_come_over_the_public_service_has_no_topic() -> None:
    event = changed("edit", "meta.topic")
    assert (read(event).topic, read(event).kind) == ("", Kind.EDIT)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", NOT_JSON),
        (b"{", NOT_JSON),
        (b'{"meta": {"dt": "2026-03-09T11:03:00Z"}} x', NOT_JSON),
        (b'{"meta": {"dt": "2026-03-09T11:03:00Z"}, "wiki_id": "\xff"}', NOT_JSON),
        (b'{"a": ' + b"[" * 100_000, NOT_JSON),
        (b"[]", WRONG_FIELD),
        (b"null", WRONG_FIELD),
        (b"{}", WRONG_FIELD),
        (b'{"meta": {}}', WRONG_FIELD),
        (b'{"meta": {"dt": "yesterday"}}', WRONG_FIELD),
        (b'{"meta": {"dt": "2026-03-09T11:03:00"}}', WRONG_FIELD),
        (b'{"meta": {"dt": "2026-03-09T11:03:00Z"}}', UNKNOWN_STREAM),
        (b'{"meta": {"dt": "2026-03-09T11:03:00Z", "stream": "mediawiki.recentchange"}}', UNKNOWN_STREAM),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedEvent) as caught:
        understand(data, find)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (changed("edit", "page_change_kind", "split"), UNKNOWN_KIND),
        (changed("edit", "page_change_kind"), UNKNOWN_KIND),
        (changed("edit", "revision"), WRONG_FIELD),
        (changed("edit", "page"), WRONG_FIELD),
        (changed("edit", "revision.rev_id"), WRONG_FIELD),
        (changed("edit", "revision.rev_id", "90002"), WRONG_FIELD),
        (changed("edit", "revision.rev_id", 2**63), WRONG_FIELD),
        (changed("edit", "revision.rev_size", 2**40), WRONG_FIELD),
        (changed("edit", "page.namespace_id", 100_000), WRONG_FIELD),
        (changed("edit", "page.page_title", "x" * 5000), WRONG_FIELD),
        (changed("edit", "wiki_id", "en\0wiki"), WRONG_FIELD),
        (changed("edit", "revision.rev_dt", "0001-01-01T00:00:00+14:00"), WRONG_FIELD),
        (changed("edit", "revision.rev_size"), SIZE_UNKNOWN),
        (changed("edit", "prior_state"), SIZE_UNKNOWN),
        (changed("edit", "prior_state.revision.rev_size"), SIZE_UNKNOWN),
        (changed("edit", "prior_state.revision.rev_id", 1), SIZE_UNKNOWN),
        (changed("create", "revision.rev_parent_id", 69999), SIZE_UNKNOWN),
        (changed("delete", "page.page_id"), WRONG_FIELD),
        (changed("tag_reverted", "rev_id"), WRONG_FIELD),
        (changed("revision_hidden", "visibility"), WRONG_FIELD),
    ],
)
def test_an_event_with_wrong_or_missing_fields_is_refused_with_a_reason(event: dict[str, Any], reason: str) -> None:
    assert refused(event) == reason


def test_a_first_revision_may_leave_out_its_parent() -> None:
    [seen] = read(changed("create", "revision.rev_parent_id")).edits
    assert (seen.edit.created, seen.edit.byte_change) == (True, 2048)


def test_a_nul_never_reaches_the_database() -> None:
    event = changed("edit", "revision.comment", "a\0b")
    event["page"]["page_title"] = "A\0_b"
    [seen] = read(event).edits
    assert (seen.edit.summary, seen.edit.title) == ("a\ufffdb", "A\ufffd b")


def test_unknown_fields_are_ignored() -> None:
    event = changed("edit", "page.new_in_1_13", {"x": [1, 2.5, None]}) | {"also_new": True}
    assert read(event).kind == Kind.EDIT


def test_a_whole_capture_is_understood() -> None:
    events = Decoder().feed((GOLDEN / "capture.sse").read_bytes())
    assert len(events) == len(EVENTS)
    kinds = [understand(event.data, find).kind for event in events]
    assert kinds.count(Kind.EDIT) == 6
    assert set(kinds) == {value for name, value in vars(Kind).items() if name.isupper()}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PATHS = sorted({f"{name}:{key}" for name, event in EVENTS.items() for key in event}) + [
    f"{name}:revision.{key}" for name in ("edit", "create", "delete") for key in EVENTS[name]["revision"]
]


@given(path=st.sampled_from(PATHS), value=JSON)
def test_whatever_stands_in_a_field_an_event_is_understood_or_refused(path: str, value: object) -> None:
    name, _, key = path.partition(":")
    reason = None
    try:
        read(changed(name, key, value))
    except MalformedEvent as error:
        reason = error.reason
    assert reason in (None, NOT_JSON, WRONG_FIELD, UNKNOWN_STREAM, UNKNOWN_KIND, SIZE_UNKNOWN)
