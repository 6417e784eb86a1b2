# SPDX-License-Identifier: GPL-3.0-or-later
"""A service with one program whose every word is scripted, behind the real transports and pages.

It keeps the promises of the real one: entries have cursors, a subscription begins after its cursor, one that is cut
can be taken up again, and the numbers of an entry are those when it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette

from graph.web.graphql_messages import GOING_AWAY, CloseSocket
from graph.web.graphql_request import Answer, GraphQLRequest, StreamedResult, encode
from graph.web.graphql_routes import graphql_routes
from graph.web.pages import page_routes
from tests.web.serving import serving

SLUG = "museum_night"
TITLE = "Night at the Museum"
FIRST_VERSION = 100


@dataclass(frozen=True)
class Response:
    """An answer, or one response of a stream."""

    payload: dict[str, Any]
    event_id: str | None = None
    refused: bool = False
    failed: bool = False
    frames: dict[str, bytes] = field(default_factory=dict)

    @property
    def encoded(self) -> bytes:
        return encode(self.payload)


def edit(number: int, title: str = "", **other: Any) -> dict[str, Any]:
    """An edit as the API gives it, made in the numberth second of an hour."""
    return {
        "id": f"edit-{number}",
        "at": f"2026-11-22T18:{number // 60:02}:{number % 60:02}Z",
        "byteChange": 100 + number,
        "created": False,
        "reverted": False,
        "wiki": {"dbname": "enwiki", "domain": "en.wikipedia.org", "language": "en"},
        "article": {"title": title or f"Article {number}", "namespace": 0},
        "editor": {"username": "Ada Lovelace"},
        **other,
    }


def listed(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """A list as the API gives it, whole."""
    info = {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}
    return {"totalCount": len(nodes), "pageInfo": info, "nodes": nodes}


class Stage:
    """The scripted service. ``tell`` and its siblings are what a test does to it."""

    def __init__(self) -> None:
        self.there = True
        self.broken = False
        self.too_old = False
        self.connected = True
        self.pulse = 0.2  # seconds between words about the service
        self.metrics: dict[str, Any] = {
            "totalEdits": 1204, "articlesCreated": 18, "articlesEdited": 311, "editors": 30, "activeEditors": 23,
            "newEditors": 9, "bytesAdded": 1_284_500, "wordsAdded": 96_000, "commonsUploads": 7,
            "referencesAdded": None, "revertedEdits": 3, "articleViews": None,
            "asOf": "2026-11-22T18:30:00Z", "version": FIRST_VERSION,
        }  # fmt: skip
        self.about: dict[str, Any] = {"nothingInScope": False}
        self.event: tuple[str | None, str | None] = (None, None)
        self.wikis: dict[str, int] = {"en.wikipedia.org": 1204}
        self.timeline: list[dict[str, Any]] = []
        self.goals: list[dict[str, Any]] = [
            {"metric": "ARTICLES_CREATED", "target": 20, "actual": 18, "reachedAt": None},
        ]
        self.edits: list[dict[str, Any]] = []
        self.hidden: list[str] = []
        self.log: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.begun: list[str | None] = []
        self._moved = asyncio.Event()
        self._cuts = 0

    # What a test does

    def count(self, edit: dict[str, Any], **numbers: int) -> None:
        """Count an edit: it is in the list from now on, and its entry is told."""
        self.edits.insert(0, edit)
        self._tell("EditCounted", numbers or {"totalEdits": self.metrics["totalEdits"] + 1}, edit=edit)

    def retract(self, edit_id: str) -> None:
        """Take an edit back."""
        self.edits = [edit for edit in self.edits if edit["id"] != edit_id]
        numbers = {"totalEdits": self.metrics["totalEdits"] - 1}
        self._tell("EditRetracted", numbers, editId=edit_id, reason="DELETED")

    def revert(self, edit_id: str) -> None:
        """Tell that an edit was reverted on its wiki."""
        self.edits = [{**edit, "reverted": edit["reverted"] or edit["id"] == edit_id} for edit in self.edits]
        self._tell("EditReverted", {}, editId=edit_id)

    def hide(self, edit_id: str) -> None:
        """Hide a card, as somebody who runs the program does."""
        self.hidden.append(edit_id)
        self._tell("CardHidden", None, editId=edit_id)

    def show(self, edit_id: str) -> None:
        """Show a card again that was hidden, as somebody who runs the program does."""
        self.hidden.remove(edit_id)
        self._tell("CardShown", None, editId=edit_id)

    def reach(self, metric: str) -> None:
        """Reach a goal."""
        for goal in self.goals:
            if goal["metric"] == metric:
                goal.update(actual=goal["target"], reachedAt="2026-11-22T18:31:00Z")
                self._tell("MilestoneReached", None, goal=dict(goal), program={"slug": SLUG, "title": TITLE})

    def change_history(self, edits: list[dict[str, Any]], **numbers: int) -> None:
        """Replace the list at once, as a backfill does."""
        self.edits = edits
        self._tell("HistoryChanged", numbers, counted=len(edits), retracted=0)

    def start_over(self) -> None:
        """Serve no cursor given out until now: followers must fetch everything anew."""
        self.too_old = True
        self._move()

    def end_streams(self) -> None:
        """Close what carries the streams, as a proxy's time limit does."""
        self._cuts += 1
        self._move()

    # What the transports ask: the Executor

    def kind_of(self, request: GraphQLRequest) -> str | Answer:
        return "subscription" if "\nsubscription" in f"\n{request.query}" else "query"

    async def execute(self, request: GraphQLRequest, _identity: Any, *, allow_mutations: bool) -> Answer:  # noqa: ARG002 - the protocol's
        self.asked.append(request.variables or {})
        if self.broken:
            return self.unexpected(RuntimeError())
        if "query PageHome" in request.query:
            return Response({"data": {"programs": self._listed(), "campaigns": listed([])}})
        key = (request.variables or {}).get("key")
        return Response({"data": {"shown": self._shown() if self.there and key == SLUG else None}})

    async def subscribe(
        self, request: GraphQLRequest, _identity: Any, *, last_event_id: str | None = None
    ) -> AsyncGenerator[StreamedResult, None] | Answer:
        if "LiveService" in request.query:
            return self._service()
        after = last_event_id or (request.variables or {}).get("after")
        self.begun.append(after)
        return self._activity(int(str(after).removeprefix("c")))

    def unexpected(self, _error: Exception) -> Answer:
        error_of_ours = {"message": "Internal error.", "extensions": {"code": "INTERNAL_ERROR"}}
        return Response({"errors": [error_of_ours]})

    # Within

    def _tell(self, kind: str, numbers: dict[str, int] | None, **what: Any) -> None:
        entry = {"__typename": kind, "cursor": f"c{len(self.log) + 1}", **what}
        if numbers is not None:
            self.metrics = {**self.metrics, **numbers, "version": self.metrics["version"] + 1}
            entry["metrics"] = self.metrics
        self.log.append(entry)
        self._move()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _shown(self) -> dict[str, Any]:
        return {
            "activityCursor": f"c{len(self.log)}",
            "key": SLUG,
            "title": TITLE,
            "about": "City Museum",
            "opens": "2020-01-01T00:00:00Z",
            "closes": "2020-12-31T00:00:00Z",
            "eventStart": self.event[0],
            "eventEnd": self.event[1],
            "shortUrl": "https://programs.example.org/p/7k",
            **self.about,
            "trackedWikis": [{"wiki": {"dbname": "enwiki"}, "namespaces": [0]}],
            "metrics": self.metrics,
            "goals": [dict(goal) for goal in self.goals],
            "metricsByWiki": [
                {
                    "wiki": {"dbname": f"{domain.split('.')[0]}wiki", "domain": domain},
                    "namespace": None,
                    "metrics": {"totalEdits": edits},
                }
                for domain, edits in self.wikis.items()
            ],
            "timeline": self.timeline,
            "edits": {"nodes": self.edits[:24]},
            "hiddenCards": self.hidden,
        }

    def _listed(self) -> dict[str, Any]:
        one = {
            "slug": SLUG, "title": TITLE, "institution": "City Museum", "term": None, "status": "ACTIVE",
            "visibility": "PUBLIC", "trackingStart": "2020-01-01T00:00:00Z", "trackingEnd": "2020-12-31T00:00:00Z",
            "metrics": self.metrics,
        }  # fmt: skip
        return listed([one] if self.there else [])

    async def _activity(self, number: int) -> AsyncGenerator[StreamedResult, None]:
        cuts = self._cuts
        while True:
            moved = self._moved
            if self.too_old:
                self.too_old = False
                last = {"__typename": "SnapshotRequired", "cursor": f"c{len(self.log)}"}
                yield Response({"data": {"entry": last}}, last["cursor"])
                return
            for entry in self.log[number:]:
                yield Response({"data": {"entry": entry}}, entry["cursor"])
            number = len(self.log)
            await moved.wait()
            if cuts != self._cuts:
                raise CloseSocket(GOING_AWAY, "Cut")

    async def _service(self) -> AsyncGenerator[StreamedResult, None]:
        while True:
            status = {"upstreamLagSeconds": 0.3, "ownLagSeconds": 0.1, "connected": self.connected}
            yield Response({"data": {"service": {**status, "lastEventAt": "2026-11-22T18:30:00Z"}}})
            await asyncio.sleep(self.pulse)


async def identify(headers: Mapping[str, str], params: Mapping[str, Any] | None) -> object:
    """Everybody is anonymous."""
    return None


@dataclass
class Served:
    """The stage as a browser meets it."""

    stage: Stage
    url: str
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def live(self) -> str:
        """The address of the live screen."""
        return f"{self.url}/live/program/{SLUG}"


@asynccontextmanager
async def staged(stage: Stage) -> AsyncIterator[Served]:
    """Serve a stage on a real socket."""
    closing = asyncio.Event()
    routes = [
        *graphql_routes(stage, identify, closing=closing),
        *page_routes(stage, identify),
    ]
    async with serving(Starlette(routes=routes), closing=closing) as url:
        yield Served(stage, url, closing)
