# SPDX-License-Identifier: GPL-3.0-or-later
"""Canary events: artificial ones in every topic, which prove that the way is open and must never be counted."""

from __future__ import annotations

from typing import Any

from graph.simulator.log import DATACENTERS, PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE, EventLog

_LONG_AGO = "2021-01-01T00:00:00.0Z"


def _page_change() -> dict[str, Any]:
    person = {"user_id": 123, "user_text": "example"}
    return {
        "changelog_kind": "update",
        "comment": "changed a thing",
        "dt": _LONG_AGO,
        "page": {"is_redirect": False, "namespace_id": 1, "page_id": 1, "page_title": "example"},
        "page_change_kind": "edit",
        "performer": {"user_id": 123, "user_text": "yoohoo"},
        "revision": {
            "comment": "changed a thing",
            "editor": person,
            "is_comment_visible": True,
            "is_content_visible": True,
            "is_editor_visible": True,
            "is_minor_edit": False,
            "rev_dt": _LONG_AGO,
            "rev_id": 2,
            "rev_parent_id": 1,
            "rev_size": 100,
        },
        "wiki_id": "example",
        "$schema": "/mediawiki/page/change/1.12.0",
    }


def _revision_event(name: str, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "database": "examplewiki",
        "page_id": 123,
        "page_is_redirect": False,
        "page_namespace": 0,
        "page_title": "TestPage10",
        "performer": {
            "user_groups": ["*", "user"],
            "user_id": 123,
            "user_is_bot": False,
            "user_text": "example_user_text",
        },
        "rev_id": 123,
        "rev_len": 3,
        "rev_minor_edit": False,
        "rev_parent_id": 122,
        "rev_timestamp": "2020-06-10T18:57:16Z",
        **extra,
        "$schema": f"/mediawiki/revision/{name}/1.0.0",
    }


def emit_canaries(log: EventLog) -> int:
    """Write one canary to each topic of both datacenters; gives how many."""
    seen = {"visibility": {"comment": True, "text": True, "user": True}}
    hidden = {"visibility": {"comment": True, "text": False, "user": True}, "prior_state": seen}
    for datacenter in DATACENTERS:
        for stream, event in (
            (PAGE_CHANGE, _page_change()),
            (TAGS_CHANGE, _revision_event("tags-change", {"tags": ["example_tag"]})),
            (VISIBILITY_CHANGE, _revision_event("visibility-change", hidden)),
        ):
            event["meta"] = {"stream": stream, "id": log.uuid(), "domain": "canary", "request_id": log.uuid()}
            log.append(stream, event, datacenter=datacenter)
    return len(log.topics)
