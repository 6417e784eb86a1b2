# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /simulator/{action}``: make things happen on the wikis, or go wrong; ``GET /simulator/truth``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from graph.simulator.canaries import emit_canaries
from graph.simulator.faults import Faults
from graph.simulator.garbage import inject
from graph.simulator.moderation import Wikimedia
from graph.simulator.pages import Account, Page, Revision
from graph.simulator.replica import Replica
from graph.simulator.saved_lists import SavedLists
from graph.simulator.state import NotPossible
from graph.simulator.stream import StreamEndpoint
from graph.simulator.truth import truth

_METHODS = (
    "create_user", "rename_user", "save", "create", "move", "upload", "upload_new_version", "import_revision",
    "protect", "delete", "undelete", "hide_revision", "revert", "tag", "redact_page", "put_in", "take_out",
)  # fmt: skip


class Administration:
    """Runs an action with the members of a JSON object as its arguments; answers what came of it.

    An unknown action is 404, an impossible one or wrong arguments 400, both with ``{"error": ...}``.
    """

    def __init__(
        self, wikimedia: Wikimedia, faults: Faults, streams: StreamEndpoint, replica: Replica, saved: SavedLists
    ) -> None:
        self._wikimedia = wikimedia
        log = wikimedia.log
        self._actions: Mapping[str, Callable[..., object]] = {
            **{name: getattr(wikimedia, name) for name in _METHODS},
            "saves": self._saves,
            "switch_datacenter": lambda: {"datacenter": log.switch_datacenter()},
            "canaries": lambda: {"events": emit_canaries(log)},
            "garbage": lambda kind: {"offset": inject(log, kind).offset},
            "log": self._set_log,
            "faults": faults.set,
            "clear_faults": faults.clear,
            "stop_replication": replica.stop,
            "start_replication": replica.start,
            "save_query": saved.save_query,
            "save_pile": saved.save_pile,
            "forget_list": saved.forget_list,
            "disconnect": lambda: {"connections": streams.disconnect()},
            "connections": lambda: {"connections": streams.connections, "served": streams.served},
        }

    async def act(self, request: Request) -> Response:
        """Run one action."""
        name = request.path_params["action"]
        action = self._actions.get(name)
        if action is None:
            return _json({"error": f"there is no action {name!r}; there are: {', '.join(self._actions)}"}, 404)
        try:
            arguments = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            inspect.signature(action).bind(**arguments)
            return _json(_described(action(**arguments)))
        except (NotPossible, msgspec.DecodeError, TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)

    async def truth(self, _request: Request) -> Response:
        """All live revisions and all accounts."""
        return _json(truth(self._wikimedia))

    def _saves(self, edits: list[dict[str, Any]]) -> dict[str, object]:
        """Many edits in one request."""
        return {"revisions": [_described(self._wikimedia.save(**edit)) for edit in edits]}

    def _set_log(self, **settings: int | None) -> None:
        """Set the log's retention, cap, granularity, jitter or canary_interval."""
        for name, value in settings.items():
            if name not in ("retention", "cap", "granularity", "jitter", "canary_interval"):
                raise NotPossible(f"the log has no setting {name!r}")
            setattr(self._wikimedia.log, name, value)


def _described(made: object) -> object:
    if isinstance(made, Revision):
        return {"wiki": made.page.wiki.dbname, "revision_id": made.id, "page_id": made.page.id, "at": made.at}
    if isinstance(made, Page):
        return {"wiki": made.wiki.dbname, "page_id": made.id, "title": made.title}
    if isinstance(made, Account):
        return {"username": made.name, "central_id": made.central_id, "registered": made.registered}
    return made if made is not None else {}


def _json(answer: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")
