# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of limits says what the code holds to."""

from __future__ import annotations

import re
from pathlib import Path

from graph import scopes
from graph.db import assignments
from graph.resolvers import form, organizing_scopes, tokens
from graph.resolvers.deps import MUTATIONS_A_MINUTE
from graph.resolvers.organizing_cohorts import MOST_NAMES
from graph.resolvers.organizing_sessions import MOST_SESSIONS
from graph.resolvers.timelines import MOST_POINTS, TimeBucket
from graph.resolvers.watching import BACKLOG
from graph.schema import costs, documents
from graph.schema.arguments import MOST, USUAL
from graph.schema.limits import Limits
from graph.schema.sharing import MOST_HUBS
from graph.settings import Settings
from graph.web.graphql_body import BODY_SECONDS
from graph.web.graphql_request import MESSAGE_LIMIT
from graph.web.graphql_streams import POLL_SECONDS, WAITING, SocketLimits, Streams

TEXT = (Path(__file__).parent.parent / "docs" / "reference" / "limits.md").read_text("utf-8")
DOCUMENT, SOCKET = Limits(), SocketLimits()

HELD = {
    "Bytes of a body, or of a message on a socket": MESSAGE_LIMIT,
    "Seconds until a body is there": BODY_SECONDS,
    "Tokens of a document": DOCUMENT.tokens,
    "Levels of nesting, fragments written out": DOCUMENT.depth,
    "Aliases, fragments written out": DOCUMENT.aliases,
    "Fields, fragments written out": DOCUMENT.fields,
    "Directives, fragments written out": DOCUMENT.directives,
    "Comparisons of fields of one name": DOCUMENT.comparisons,
    "Cost": DOCUMENT.cost,
    "Errors told of one document": documents._MAX_ERRORS,
    "Seconds that reading an answer may take": DOCUMENT.seconds,
    "Items of a page (`first`)": MOST,
    "Ids asked for at once (`nodes`)": MOST,
    "Points of a timeline": MOST_POINTS,
    "Names added at once": MOST_NAMES,
    "Wikis a program tracks": form.MOST_WIKIS,
    "Namespaces of a tracked wiki": form.MOST_NAMESPACES,
    "Sessions of a program": MOST_SESSIONS,
    "Articles offered at once": scopes.MOST_LINES,
    "Assigned and available articles of a program": assignments.MOST,
    "Scopes of a program": organizing_scopes.MOST_SCOPES,
    "Pages in the scopes of a program": scopes.MOST_PAGES,
    "Levels of subcategories of a scope": scopes.DEEPEST,
    "Seconds that looking at a scope may take": organizing_scopes.PREVIEW_SECONDS,
    "Screen tokens of a program": tokens.MOST_SCREEN_TOKENS,
    "Access tokens of a person": tokens.MOST_ACCESS_TOKENS,
    "Mutations a minute of one account": MUTATIONS_A_MINUTE,
    "Operations at a time on one socket": SOCKET.operations,
    "Messages at once on one socket": SOCKET.burst,
    "Messages a second on one socket, for long": SOCKET.per_second,
    "Seconds until `connection_init`": SOCKET.init_timeout,
    "Streams of one process (`GRAPH_MAX_STREAMS`)": Settings().max_streams,
    "Different subscriptions followed by one process, beside those of our own pages": MOST_HUBS,
    "Entries of activity that a subscriber leaves unread": BACKLOG,
    "Seconds that a reader takes nothing of what waits for it": SOCKET.stalled,
    "Streams that wait to be opened": WAITING,
}


def test_every_limit_stands_in_the_reference_as_it_is_held() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([\d,]+) \|", TEXT, re.MULTILINE)
    assert {name: int(most.replace(",", "")) for name, most in rows} == HELD


def test_what_counts_how_much_is_told_as_it_is_counted() -> None:
    daily, weekly, monthly = (costs.A_YEAR[each] for each in (TimeBucket.DAY, TimeBucket.WEEK, TimeBucket.MONTH))
    for told in (
        f"({USUAL} where it is not given)",
        f"({daily} by day, {weekly} by week, {monthly} by month, {MOST_POINTS:,} by hour or minute)",
        f"any other list counts {costs.UNPAGED}",
        f"`__schema` counts {costs.FLAT['__schema']:,} and `__type` {costs.FLAT['__type']}",
        f'"maximumQueryCost": {DOCUMENT.cost}',
        f"every {POLL_SECONDS} seconds",
    ):
        assert told in TEXT


def test_a_process_serves_as_many_streams_as_the_setting_says_unless_told() -> None:
    streams = Streams()
    assert streams._most == Settings().max_streams == 20_000
