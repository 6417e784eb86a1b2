# SPDX-License-Identifier: GPL-3.0-or-later
"""What each change on a wiki tells the streams."""

from __future__ import annotations

from typing import Any

import pytest

from graph.simulator.moderation import Wikimedia
from graph.simulator.state import NotPossible
from tests.simulator.serving import PAGE_CHANGE, START, TAGS_CHANGE, VISIBILITY_CHANGE, Clock, told

SHOWN = {"is_content_visible": True, "is_editor_visible": True, "is_comment_visible": True}
OLD = "2015-05-15T15:52:37Z"
NOW = "2026-09-27T16:17:12Z"


def editor(name: str, number: int, edits: int, **other: Any) -> dict[str, Any]:
    return {
        "user_text": name,
        "groups": ["*", "user", "autoconfirmed"],
        "is_temp": False,
        "wiki_id": "enwiki",
        "first_edit_dt": NOW,
        "user_id": 5_000_000 + number,
        "edit_count": edits,
        "registration_dt": OLD,
        "user_central_id": 70_000_000 + number,
        "is_bot": False,
        "is_system": False,
        "edit_global_count": edits,
        **other,
    }


def kinds(wikimedia: Wikimedia) -> list[str]:
    return [event["page_change_kind"] for event in told(wikimedia)]


@pytest.fixture
def wikimedia(wikimedia: Wikimedia) -> Wikimedia:
    for name in ("Amara", "Béla"):
        wikimedia.create_user(name, registered=OLD)
    return wikimedia


def test_a_new_page_is_a_create_with_every_member_of_the_real_thing(wikimedia: Wikimedia) -> None:
    revision = wikimedia.save("enwiki", "a long_way", "amara", size=56, summary="Hello", minor=True)
    amara = editor("Amara", 1, 1)
    (event,) = told(wikimedia)
    assert event == {
        "changelog_kind": "insert",
        "page_change_kind": "create",
        "dt": NOW,
        "wiki_id": "enwiki",
        "page": {
            "page_id": 50000001,
            "page_title": "A_long_way",
            "namespace_id": 0,
            "is_redirect": False,
            "namespace_is_content": True,
        },
        "performer": amara,
        "revision": {
            "rev_id": 1300000001,
            "rev_dt": NOW,
            "is_minor_edit": True,
            "rev_sha1": revision.sha1,
            "rev_size": 56,
            "rev_parent_id": 0,
            "comment": "Hello",
            **SHOWN,
            "editor": amara,
            "content_slots": {
                "main": {
                    "slot_role": "main",
                    "content_model": "wikitext",
                    "content_sha1": revision.sha1,
                    "content_size": 56,
                    "content_format": "text/x-wiki",
                    "origin_rev_id": 1300000001,
                }
            },
        },
        "$schema": "/mediawiki/page/change/1.12.0",
        "meta": {
            "stream": PAGE_CHANGE,
            "uri": "https://en.wikipedia.org/wiki/A_long_way",
            "domain": "en.wikipedia.org",
            "dt": "2026-09-27T16:17:12.000Z",
            "topic": f"eqiad.{PAGE_CHANGE}",
            "partition": 0,
            "offset": 1109139115,
            "key": {"wiki_id": "enwiki", "page_id": 50000001},
        },
    }
    assert list(event) == [
        "changelog_kind", "page_change_kind", "dt", "wiki_id", "page", "performer", "revision", "$schema", "meta",
    ]  # fmt: skip


def test_an_edit_tells_the_revision_before_it(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara", size=500)
    wikimedia.save("enwiki", "A", "Béla", change=-20)
    created, edited = told(wikimedia)
    assert (edited["changelog_kind"], edited["page_change_kind"]) == ("update", "edit")
    assert edited["prior_state"] == {"revision": created["revision"]}
    assert (edited["revision"]["rev_size"], edited["revision"]["rev_parent_id"]) == (480, 1300000001)
    assert edited["revision"]["editor"] == editor("Béla", 2, 1)


def test_a_change_of_own_time_keeps_it_while_the_event_is_stamped_now(wikimedia: Wikimedia, clock: Clock) -> None:
    clock.now = START + 2345
    wikimedia.save("enwiki", "A", "Amara", at="2026-09-27T18:16:00+02:00")
    (event,) = told(wikimedia)
    assert (event["dt"], event["revision"]["rev_dt"]) == ("2026-09-27T16:16:00Z", "2026-09-27T16:16:00Z")
    assert event["meta"]["dt"] == "2026-09-27T16:17:14.345Z"


def test_titles_are_written_with_the_wikis_own_namespace_names(wikimedia: Wikimedia) -> None:
    wikimedia.save("ruwiki", "user:Вера/черновик", "Amara")
    wikimedia.save("commonswiki", "file:a b.jpg", "Amara")
    wikimedia.save("wikidatawiki", "Q42", "Amara")
    assert [(event["page"]["page_title"], event["page"]["namespace_id"]) for event in told(wikimedia)] == [
        ("Участник:Вера/черновик", 2),
        ("File:A_b.jpg", 6),
        ("Q42", 0),
    ]
    assert [event["page"]["namespace_is_content"] for event in told(wikimedia)] == [False, True, True]
    assert told(wikimedia)[2]["revision"]["content_slots"]["main"]["content_model"] == "wikibase-item"
    assert told(wikimedia)[0]["meta"]["uri"].startswith("https://ru.wikipedia.org/wiki/%D0%A3")


def test_page_and_revision_numbers_are_the_same_on_every_wiki(wikimedia: Wikimedia) -> None:
    first, second = wikimedia.save("enwiki", "A", "Amara"), wikimedia.save("dewiki", "A", "Amara")
    assert (first.id, first.page.id) == (second.id, second.page.id) == (1300000001, 50000001)


def test_temporary_accounts_and_bots_are_told_as_such(wikimedia: Wikimedia) -> None:
    wikimedia.create_user("~2026-40037-01", temporary=True)
    wikimedia.create_user("TidyingBot", bot=True)
    wikimedia.save("enwiki", "A", "~2026-40037-01")
    wikimedia.save("enwiki", "B", "TidyingBot")
    temporary, bot = (event["performer"] for event in told(wikimedia))
    assert (temporary["is_temp"], temporary["groups"]) == (True, ["*", "temp"])
    assert (bot["is_bot"], bot["groups"]) == (True, ["bot", "*", "user", "autoconfirmed"])


def test_tags_at_saving_are_a_second_event(wikimedia: Wikimedia) -> None:
    revision = wikimedia.save("enwiki", "A", "Amara", summary="s", tags=["visualeditor"])
    assert told(wikimedia, TAGS_CHANGE) == [
        {
            "database": "enwiki",
            "page_id": 50000001,
            "page_title": "A",
            "page_namespace": 0,
            "rev_id": 1300000001,
            "rev_timestamp": NOW,
            "rev_sha1": revision.sha1,
            "rev_minor_edit": False,
            "rev_len": 1000,
            "rev_content_model": "wikitext",
            "rev_content_format": "text/x-wiki",
            "performer": {
                "user_text": "Amara",
                "user_groups": ["*", "user", "autoconfirmed"],
                "user_is_bot": False,
                "user_id": 5000001,
                "user_registration_dt": OLD,
                "user_edit_count": 1,
            },
            "page_is_redirect": False,
            "comment": "s",
            "parsedcomment": "s",
            "tags": ["visualeditor"],
            "prior_state": {"tags": []},
            "$schema": "/mediawiki/revision/tags-change/1.0.0",
            "meta": {
                "stream": TAGS_CHANGE,
                "uri": "https://en.wikipedia.org/wiki/A",
                "domain": "en.wikipedia.org",
                "dt": "2026-09-27T16:17:12.000Z",
                "topic": f"eqiad.{TAGS_CHANGE}",
                "partition": 0,
                "offset": 1109139115,
            },
        }
    ]


def test_a_tag_that_is_there_already_tells_nothing_and_one_that_leaves_does(wikimedia: Wikimedia) -> None:
    revision = wikimedia.save("enwiki", "A", "Amara", tags=["x"])
    wikimedia.tag("enwiki", revision.id, add=["x"])
    wikimedia.tag("enwiki", revision.id, remove=["x"])
    assert [(event["prior_state"]["tags"], event["tags"]) for event in told(wikimedia, TAGS_CHANGE)] == [
        ([], ["x"]),
        (["x"], []),
    ]


def test_a_move_is_the_redirects_create_and_then_the_move_of_one_request(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara", size=700)
    wikimedia.move("enwiki", "A", "Draft:B", "Béla", reason="Not ready")
    created, redirect, moved = told(wikimedia)
    assert (redirect["page_change_kind"], redirect["page"]) == (
        "create",
        {
            "page_id": 50000002,
            "page_title": "A",
            "namespace_id": 0,
            "is_redirect": True,
            "namespace_is_content": True,
            "redirect_page_link": {
                "page_title": "Draft:B",
                "namespace_id": 118,
                "page_id": 50000001,
                "is_redirect": False,
            },
        },
    )
    assert (moved["page_change_kind"], moved["comment"]) == ("move", "Not ready")
    assert (moved["page"]["page_id"], moved["page"]["page_title"], moved["page"]["namespace_id"]) == (
        50000001,
        "Draft:B",
        118,
    )
    assert moved["created_redirect_page"]["page_title"] == "A"
    assert moved["prior_state"] == {
        "page": {"page_title": "A", "namespace_id": 0, "namespace_is_content": True},
        "revision": created["revision"],
    }
    revision = moved["revision"]
    assert (revision["rev_id"], revision["rev_parent_id"], revision["rev_size"]) == (1300000002, 1300000001, 700)
    assert revision["rev_sha1"] == created["revision"]["rev_sha1"]
    assert (revision["comment"], revision["is_minor_edit"]) == ("Béla moved page [[A]] to [[Draft:B]]: Not ready", True)
    assert (redirect["revision"]["rev_id"], redirect["revision"]["rev_parent_id"]) == (1300000003, 0)


def test_a_move_may_leave_no_redirect(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.move("enwiki", "A", "B", "Béla", leave_redirect=False)
    assert kinds(wikimedia) == ["create", "move"]
    assert "created_redirect_page" not in told(wikimedia)[1]


def test_a_deletion_tells_the_last_revision_with_its_own_old_time(wikimedia: Wikimedia, clock: Clock) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.save("enwiki", "A", "Amara")
    clock.now += 60_000
    wikimedia.delete("enwiki", "A", "Béla", reason="No sources")
    event = told(wikimedia)[2]
    assert (event["changelog_kind"], event["page_change_kind"]) == ("delete", "delete")
    assert (event["dt"], event["revision"]["rev_dt"]) == ("2026-09-27T16:18:12Z", NOW)
    assert (event["comment"], event["page"]["revision_count"]) == ("No sources", 2)
    assert event["performer"]["user_text"] == "Béla"


def test_a_suppressed_deletion_names_nobody_and_tells_no_content(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.delete("enwiki", "A", "Béla", suppressed=True)
    event = told(wikimedia)[1]
    assert "performer" not in event
    assert event["revision"] == {
        "rev_id": 1300000001,
        "rev_dt": NOW,
        "is_minor_edit": False,
        "rev_parent_id": 0,
        "is_content_visible": False,
        "is_editor_visible": False,
        "is_comment_visible": False,
    }
    assert event["prior_state"] == {"revision": SHOWN}


def test_an_undeletion_brings_the_page_back_under_its_number(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.delete("enwiki", "A", "Béla")
    wikimedia.undelete("enwiki", "a", "Béla", reason="Sources found")
    event = told(wikimedia)[2]
    assert (event["changelog_kind"], event["page_change_kind"]) == ("insert", "undelete")
    assert (event["page"]["page_id"], event["comment"]) == (50000001, "Sources found")


def test_hiding_an_old_revision_tells_only_the_visibility_stream(wikimedia: Wikimedia) -> None:
    old = wikimedia.save("enwiki", "A", "Amara", summary="secret")
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.hide_revision("enwiki", old.id, "Béla", comment=True, text=True)
    assert kinds(wikimedia) == ["create", "edit"]
    (event,) = told(wikimedia, VISIBILITY_CHANGE)
    assert (event["rev_id"], event["performer"]["user_text"]) == (1300000001, "Béla")
    assert event["visibility"] == {"text": False, "user": True, "comment": False}
    assert event["prior_state"] == {"visibility": {"text": True, "user": True, "comment": True}}
    assert "comment" not in event


def test_hiding_the_current_revision_is_a_page_change_too_without_what_is_hidden(wikimedia: Wikimedia) -> None:
    revision = wikimedia.save("enwiki", "A", "Amara", summary="secret")
    wikimedia.hide_revision("enwiki", revision.id, "Béla", user=True, comment=True)
    event = told(wikimedia)[1]
    assert event["page_change_kind"] == "visibility_change"
    assert "editor" not in event["revision"]
    assert "comment" not in event["revision"]
    assert event["prior_state"] == {"revision": {"is_editor_visible": True, "is_comment_visible": True}}


def test_suppression_omits_the_performer_in_both_streams_and_so_does_its_end(wikimedia: Wikimedia) -> None:
    revision = wikimedia.save("enwiki", "A", "Amara")
    wikimedia.hide_revision("enwiki", revision.id, "Béla", user=True, suppressed=True)
    wikimedia.hide_revision("enwiki", revision.id, "Béla", user=False)
    assert ["performer" in event for event in told(wikimedia, VISIBILITY_CHANGE)] == [False, False]
    assert ["performer" in event for event in told(wikimedia)] == [True, False, False]
    assert told(wikimedia)[2]["revision"]["editor"]["user_text"] == "Amara"


def test_a_rollback_names_the_range_it_reverts_and_the_tags_follow(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara", size=500)
    for change in (10, 20):
        wikimedia.save("enwiki", "A", "Vandal", change=change)
    wikimedia.revert("enwiki", "A", "Béla")
    event = told(wikimedia)[3]
    assert event["revision"]["revert"] == {
        "method": "rollback",
        "is_exact": True,
        "rev_original_id": 1300000001,
        "rev_original_dt": NOW,
        "rev_reverted_oldest_id": 1300000002,
        "rev_reverted_newest_id": 1300000003,
    }
    assert event["revision"]["rev_sha1"] == told(wikimedia)[0]["revision"]["rev_sha1"]
    assert event["revision"]["rev_size"] == 500
    assert [(event["rev_id"], event["tags"]) for event in told(wikimedia, TAGS_CHANGE)] == [
        (1300000004, ["mw-rollback"]),
        (1300000002, ["mw-reverted"]),
        (1300000003, ["mw-reverted"]),
    ]


def test_undoing_an_older_edit_is_not_exact(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara", size=500)
    bad = wikimedia.save("enwiki", "A", "Vandal", change=10)
    wikimedia.save("enwiki", "A", "Amara", change=5)
    wikimedia.revert("enwiki", "A", "Béla", method="undo", revision_id=bad.id)
    revision = told(wikimedia)[3]["revision"]
    assert revision["revert"] == {
        "method": "undo",
        "is_exact": False,
        "rev_reverted_oldest_id": bad.id,
        "rev_reverted_newest_id": bad.id,
    }
    assert revision["rev_size"] == 505


def test_a_manual_revert_restores_a_version_and_the_job_may_never_come(wikimedia: Wikimedia) -> None:
    good = wikimedia.save("enwiki", "A", "Amara")
    wikimedia.save("enwiki", "A", "Vandal")
    wikimedia.save("enwiki", "A", "Other")
    wikimedia.revert("enwiki", "A", "Béla", method="manual", revision_id=good.id, job=False)
    revert = told(wikimedia)[3]["revision"]["revert"]
    assert (revert["rev_original_id"], revert["rev_reverted_oldest_id"], revert["rev_reverted_newest_id"]) == (
        1300000001,
        1300000002,
        1300000003,
    )
    assert [event["tags"] for event in told(wikimedia, TAGS_CHANGE)] == [["mw-manual-revert"]]


def test_an_upload_is_a_create_in_namespace_6_and_a_new_version_an_edit_of_no_bytes(wikimedia: Wikimedia) -> None:
    wikimedia.upload("River.jpg", "Amara")
    wikimedia.upload_new_version("River.jpg", "Amara")
    created, edited = told(wikimedia)
    assert (created["page_change_kind"], created["page"]["page_title"], created["page"]["namespace_id"]) == (
        "create",
        "File:River.jpg",
        6,
    )
    assert edited["page_change_kind"] == "edit"
    assert edited["revision"]["rev_size"] == edited["prior_state"]["revision"]["rev_size"]
    assert [(entry.type, entry.action) for entry in wikimedia.logs] == [("upload", "upload"), ("upload", "overwrite")]


def test_an_import_names_the_importer_as_performer_and_the_author_as_editor(wikimedia: Wikimedia) -> None:
    wikimedia.import_revision("enwiki", "A", "Amara", "Béla", at="2019-03-01T00:00:00Z")
    (event,) = told(wikimedia)
    assert (event["performer"]["user_text"], event["revision"]["editor"]["user_text"]) == ("Béla", "Amara")
    assert event["revision"]["rev_dt"] == "2019-03-01T00:00:00Z"


def test_an_import_behind_the_current_revision_is_silent(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    revision = wikimedia.import_revision("enwiki", "A", "Amara", "Béla", at="2019-03-01T00:00:00Z")
    assert kinds(wikimedia) == ["create"]
    assert wikimedia.page("enwiki", "A").revisions[0] is revision


def test_the_null_revision_of_a_protection_is_not_in_the_stream(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    revision = wikimedia.protect("enwiki", "A", "Béla")
    assert kinds(wikimedia) == ["create"]
    assert (revision.id, revision.parent_id, revision.comment) == (1300000002, 1300000001, 'Protected "[[A]]"')
    wikimedia.save("enwiki", "A", "Amara")
    assert told(wikimedia)[1]["prior_state"]["revision"]["rev_id"] == 1300000002


def test_a_rename_keeps_the_number_and_tells_nothing(wikimedia: Wikimedia) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.rename_user("Amara", "amara II")
    wikimedia.save("enwiki", "B", "Amara II")
    names = [(event["performer"]["user_text"], event["performer"]["user_central_id"]) for event in told(wikimedia)]
    assert names == [("Amara", 70000001), ("Amara II", 70000001)]


def test_a_redacted_page_names_nobody(wikimedia: Wikimedia) -> None:
    wikimedia.save("ruwiki", "A", "Amara")
    wikimedia.redact_page("ruwiki", "A")
    wikimedia.save("ruwiki", "A", "Amara", tags=["x"])
    event = told(wikimedia)[1]
    assert event["performer"] == {}
    assert "editor" not in event["revision"]
    assert "editor" not in event["prior_state"]["revision"]
    assert "performer" not in told(wikimedia, TAGS_CHANGE)[0]


def test_timestamps_can_be_coarse_and_stamped_early(wikimedia: Wikimedia, clock: Clock) -> None:
    wikimedia.log.granularity = 1000
    clock.now = START + 1999
    wikimedia.save("enwiki", "A", "Amara")
    wikimedia.log.granularity, wikimedia.log.jitter = 1, 50
    for number in range(20):
        wikimedia.save("enwiki", f"B{number}", "Amara")
    stamps = [message.timestamp - START for message in wikimedia.log.topics[f"eqiad.{PAGE_CHANGE}"].messages]
    assert stamps[0] == 1000
    assert all(1949 <= stamp <= 1999 for stamp in stamps[1:])
    assert stamps[1:] != sorted(stamps[1:])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda it: it.save("xxwiki", "A", "Amara"), "there is no wiki 'xxwiki'"),
        (lambda it: it.delete("enwiki", "B", "Amara"), "there is no page 'B' on enwiki"),
        (lambda it: it.create("enwiki", "a", "Amara"), "the page 'a' exists on enwiki"),
        (lambda it: it.move("enwiki", "A", "a", "Amara"), "the page 'a' exists on enwiki"),
        (lambda it: it.undelete("enwiki", "A", "Amara"), "'A' on enwiki is not deleted"),
        (lambda it: it.hide_revision("enwiki", 7, "Amara", text=True), "there is no revision 7 on enwiki"),
        (lambda it: it.revert("enwiki", "A", "Amara"), "nothing on 'A' can be reverted that way"),
        (lambda it: it.revert("enwiki", "A", "Amara", method="magic"), "there is no revert by 'magic'"),
        (lambda it: it.rename_user("Nobody", "Somebody"), "there is no account 'Nobody'"),
        (lambda it: it.rename_user("Amara", "béla"), "the account 'Béla' exists"),
        (lambda it: it.create_user("amara"), "the account 'Amara' exists"),
    ],
)
def test_what_a_wiki_would_refuse_is_refused_with_a_sentence(wikimedia: Wikimedia, action: Any, message: str) -> None:
    wikimedia.save("enwiki", "A", "Amara")
    with pytest.raises(NotPossible) as refused:
        action(wikimedia)
    assert str(refused.value) == message
    assert kinds(wikimedia) == ["create"]
