# SPDX-License-Identifier: GPL-3.0-or-later
"""Which media type an Accept header likes best."""

from __future__ import annotations

import pytest

from graph.web.graphql_accept import EVENT_STREAM, HTML, JSON, RESPONSE_JSON, Accept

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "liked"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}, {JSON}", RESPONSE_JSON),
        (f"{JSON}, {RESPONSE_JSON}", JSON),
        (f"{JSON};q=0.9, {RESPONSE_JSON}", RESPONSE_JSON),
        (f"{RESPONSE_JSON};q=0.5, {JSON};q=0.6", JSON),
        (f"{RESPONSE_JSON}; q=0, */*", JSON),
        (f"{JSON};q=0, */*", RESPONSE_JSON),
        ("APPLICATION/JSON;charset=utf-8", JSON),
        (f"{JSON};q=nonsense", JSON),
        (f"{JSON};q=7", JSON),
        (URQL, RESPONSE_JSON),
        (BROWSER, JSON),
        (EVENT_STREAM, None),
        ("text/plain, image/*", None),
        (f"{JSON};q=0", None),
        (",,;", None),
    ],
)
def test_the_json_type_is_chosen_by_quality_then_by_order(header: str | None, liked: str | None) -> None:
    assert Accept(header).json == liked


@pytest.mark.parametrize(
    ("header", "allowed"),
    [(None, True), ("*/*", True), ("text/*", True), (URQL, True), (JSON, False), ("text/event-stream;q=0, */*", False)],
)
def test_an_event_stream_is_allowed_by_name_and_by_wildcard(header: str | None, allowed: bool) -> None:
    assert Accept(header).allows(EVENT_STREAM) is allowed


@pytest.mark.parametrize(
    ("header", "named"), [(BROWSER, True), ("*/*", False), (None, False), ("text/html;q=0", False)]
)
def test_html_counts_only_where_it_is_named(header: str | None, named: bool) -> None:
    assert Accept(header).names(HTML) is named
