# SPDX-License-Identifier: GPL-3.0-or-later
"""Following a program or campaign from a terminal, over the service's own event stream.

A client like any other: one GET of ``/graphql`` as an EventSource makes it, read with ``sseclient``. It comes back
with the last event id when the connection breaks, so nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import sseclient

from graph.errors import GraphError

Entry = dict[str, Any]

READ_SECONDS: Final = 60.0  # the service sends a comment three times as often
LONGEST_PAUSE: Final = 30.0
_REMEMBERED: Final = 10_000

_ENTRIES: Final = """__typename
... on EditCounted {
  cursor edit { id revisionId wiki { dbname } editor { username } article { title } at byteChange created }
  metrics { totalEdits }
}
... on EditRetracted { cursor editId reason metrics { totalEdits } }
... on EditReverted { cursor editId }
... on HistoryChanged { cursor counted retracted metrics { totalEdits } }
... on MilestoneReached { cursor program { title } goal { metric target actual } }
... on SnapshotRequired { cursor }"""


class _Interrupted(Exception):
    """The connection is over and another one may do better; the message says why."""


@dataclass
class Follower:
    """Follows one program (or campaign) at a service's address.

    ``after`` is the cursor to go on from (None: what comes from now on), and moves on with each entry. ``notice`` is
    told of breaks, a line each; ``sleep`` waits some seconds.
    """

    address: str
    slug: str
    campaign: bool
    after: str | None
    notice: Callable[[str], None]
    sleep: Callable[[float], None]
    _failures: int = 0

    def entries(self) -> Iterator[Entry]:
        """Yield entries of the activity for ever, each once, in order.

        Raises GraphError where there is nothing to follow: no such program, no such service, the right taken away.
        """
        timeout = httpx.Timeout(10.0, read=READ_SECONDS)
        # A connection kept for the next request may be closed by then, which would look like a break of the stream.
        fresh = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(timeout=timeout, limits=fresh, follow_redirects=False) as client:
            # Asked first, so that a connection that breaks before its first entry has a place to go on from.
            newest = self._newest(client)
            self.after = self.after or newest
            while True:
                try:
                    yield from self._connection(client)
                except (_Interrupted, httpx.TransportError) as error:
                    self._pause(str(error) or type(error).__name__)

    def _newest(self, client: httpx.Client) -> str:
        query = f"query($slug: String!) {{ it: {self._kind}(slug: $slug) {{ activityCursor }} }}"
        try:
            answer = client.get(f"{self.address}/graphql", params=self._params(query))
        except (httpx.TransportError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise GraphError(f"cannot reach {self.address} ({why}): is the service up there?") from None
        try:
            it = answer.json()["data"]["it"]
        except (ValueError, KeyError, TypeError):
            what = f"HTTP {answer.status_code}"
            raise GraphError(f"{self.address}/graphql does not answer as Programs Graph does: {what}") from None
        if it is None:
            raise self._missing()
        return str(it["activityCursor"])

    @property
    def _kind(self) -> str:
        return "campaign" if self.campaign else "program"

    def _missing(self) -> GraphError:
        return GraphError(f"there is no {self._kind} {self.slug!r} at {self.address}")

    def _pause(self, why: str) -> None:
        # As the service asks: one to three seconds at first, and not all clients at once.
        seconds = min(LONGEST_PAUSE, random.uniform(1, 3) * 2.0 ** min(self._failures, 10))
        self._failures += 1
        self.notice(f"the connection broke ({why}); trying again in {seconds:.0f} s")
        self.sleep(seconds)

    def _connection(self, client: httpx.Client) -> Iterator[Entry]:
        query = f"subscription($slug: String!) {{ activity: {self._kind}Activity(slug: $slug) {{ {_ENTRIES} }} }}"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache", "Last-Event-ID": str(self.after)}
        stream = client.stream("GET", f"{self.address}/graphql", params=self._params(query), headers=headers)
        with stream as answer:
            if answer.headers.get("content-type", "").partition(";")[0] != "text/event-stream":
                raise _Interrupted(f"HTTP {answer.status_code}")
            entry: Entry = {}
            for event in sseclient.SSEClient(answer.iter_raw()).events():
                if event.event == "next":
                    entry = self._entry(event.data)
                    self.after, self._failures = entry.get("cursor") or event.id, 0
                    yield entry
                elif event.event == "complete" and entry.get("__typename") != "SnapshotRequired":
                    raise GraphError(f"the service at {self.address} ended the activity of {self.slug!r}")
        raise _Interrupted("the service closed it")

    def _params(self, query: str) -> dict[str, str]:
        return {"query": " ".join(query.split()), "variables": json.dumps({"slug": self.slug})}

    def _entry(self, data: str) -> Entry:
        try:
            payload = json.loads(data)
            if not payload.get("errors"):
                return dict(payload["data"]["activity"])
            first = payload["errors"][0]
            code, message = first.get("extensions", {}).get("code"), first["message"]
        except (ValueError, KeyError, TypeError, AttributeError):
            # The end of a connection that broke in the middle of an event, or somebody between us and the service.
            raise _Interrupted("what came is no entry") from None
        if code == "NOT_FOUND":
            raise self._missing()
        raise GraphError(f"the service at {self.address} answered: {message}")


@dataclass
class Lines:
    """Entries as lines for people: time (UTC), editor, title, wiki, bytes and what happened.

    Edits that are taken back or reverted are named by what was shown of them before, else by their id. ``clock``
    gives the time of what has none of its own. Nothing is made fit for a terminal.
    """

    clock: Callable[[], datetime]
    _known: dict[str, str] = field(default_factory=dict)

    def line(self, entry: Entry) -> str:
        """The entry's line."""
        words = getattr(self, "_" + entry["__typename"], _unknown)(entry)
        at = entry["edit"]["at"] if entry["__typename"] == "EditCounted" else self.clock().isoformat()
        return f"{datetime.fromisoformat(at).astimezone(UTC):%H:%M:%S}  {words}"

    def _EditCounted(self, entry: Entry) -> str:  # noqa: N802 - named for the API's type
        edit = entry["edit"]
        editor = (edit["editor"] or {}).get("username", "(hidden)")
        what = f"{editor:<20}  {edit['article']['title']}  [{edit['wiki']['dbname']}]"
        self._remember(edit["id"], what)
        new = "  new" if edit["created"] else ""
        return f"{what}  {edit['byteChange']:+,} bytes{new}  ({entry['metrics']['totalEdits']} edits)"

    def _EditRetracted(self, entry: Entry) -> str:  # noqa: N802
        total = entry["metrics"]["totalEdits"]
        return f"{self._named(entry)}  retracted: {entry['reason'].lower()}  ({total} edits)"

    def _EditReverted(self, entry: Entry) -> str:  # noqa: N802
        return f"{self._named(entry)}  reverted"

    def _HistoryChanged(self, entry: Entry) -> str:  # noqa: N802
        total = entry["metrics"]["totalEdits"]
        return f"history: {entry['counted']} edits counted, {entry['retracted']} retracted  ({total} edits)"

    def _MilestoneReached(self, entry: Entry) -> str:  # noqa: N802
        goal = entry["goal"]
        return f"milestone: {entry['program']['title']} reached {goal['target']} {goal['metric']}: {goal['actual']}"

    def _SnapshotRequired(self, _entry: Entry) -> str:  # noqa: N802
        return "the cursor is too old: some of the activity is missing here"

    def _named(self, entry: Entry) -> str:
        return self._known.get(entry["editId"], f"edit {entry['editId']}")

    def _remember(self, edit_id: str, what: str) -> None:
        self._known[edit_id] = what
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]


def _unknown(entry: Entry) -> str:
    return str(entry["__typename"])
