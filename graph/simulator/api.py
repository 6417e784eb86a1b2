# SPDX-License-Identifier: GPL-3.0-or-later
"""The wikis' Action API at ``/w/{dbname}/api.php``: how a request is read and an answer or error is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graph.errors import GraphError
from graph.simulator.faults import Faults
from graph.simulator.log import iso_seconds
from graph.simulator.replica import Replica
from graph.simulator.state import State
from graph.simulator.visitors import refusal, user_agent_problem
from graph.simulator.wikis import Wiki

MAX_VALUES = 50
_GENERAL = frozenset({"action", "format", "formatversion", "maxlag", "list", "meta", "prop", "origin", "utf8",
                      "errorformat", "uselang", "assert", "smaxage", "maxage", "continue", "redirects",
                      "curtimestamp", "titles", "pageids", "revids"})  # fmt: skip


class ApiError(GraphError):
    """An error answer of the Action API, with HTTP 200. ``extra`` adds keys to the error."""

    def __init__(self, code: str, info: str, **extra: Any) -> None:
        self.code = code
        self.info = info
        self.extra = extra
        super().__init__(f"{code}: {info}")


@dataclass(slots=True)
class Query:
    """One request to one wiki, and the answer as it grows."""

    state: State
    wiki: Wiki
    parameters: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    result: dict[str, Any] = field(default_factory=dict)
    continuation: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A parameter's text, or None."""
        self.used.add(name)
        return self.parameters.get(name)

    def values(self, name: str, default: str = "", *, limit: int = MAX_VALUES) -> list[str]:
        """A parameter's values, parted by ``|``; an error beyond the limit."""
        raw = self.text(name)
        raw = default if raw is None else raw
        separator = "\x1f" if raw.startswith("\x1f") else "|"
        values = [value for value in raw.removeprefix("\x1f").split(separator) if value]
        if len(values) > limit:
            info = f'Too many values supplied for parameter "{name}". The limit is {limit}.'
            raise ApiError("toomanyvalues", info, parameter=name, limit=limit, lowlimit=50, highlimit=500)
        return values

    def whole(self, name: str, default: int, highest: int) -> int:
        """A limit: a number or ``max``."""
        raw = self.text(name)
        if raw is None:
            return default
        if raw == "max":
            return highest
        if not raw.isdigit():
            raise ApiError("badinteger", f'Invalid value "{raw}" for integer parameter "{name}".')
        return max(1, min(int(raw), highest))


Module = Callable[[Query], None]


class ActionApi:
    """Answers requests with the modules it is given, each by its ``prop=``, ``list=`` or ``meta=`` name."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        *,
        props: Mapping[str, Module],
        lists: Mapping[str, Module],
        metas: Mapping[str, Module],
    ) -> None:
        self._state = state
        self.replica = Replica(state)
        self._faults = faults
        self._modules = {"prop": props, "list": lists, "meta": metas}
        self.requests = 0

    async def __call__(self, request: Request) -> Response:
        """Answer a GET or POST. Only ``action=query`` with ``format=json`` and ``formatversion=2``."""
        self.requests += 1
        if self._faults.api_seconds:
            await asyncio.sleep(self._faults.api_seconds)
        status = self._faults.take_api_refusal()
        if status is not None:
            return refusal(status, self._faults.api_retry_after)
        if self._faults.check_user_agent and user_agent_problem(request.headers.get("user-agent")):
            return refusal(403)
        wiki = self._state.wikis.get(request.path_params["dbname"])
        if wiki is None:
            return HTMLResponse("<h1>No wiki found</h1>", 404)
        parameters = dict(request.query_params)
        if request.method == "POST":
            parameters |= dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        if parameters.get("format") != "json":
            return HTMLResponse("<h1>MediaWiki API result</h1><p>This is the HTML representation of the JSON format.")
        return self._answer(Query(self.replica.state, wiki, parameters))

    def _answer(self, query: Query) -> Response:
        headers = {}
        try:
            self._check(query)
            for kind, modules in self._modules.items():
                for name in query.values(kind):
                    if name not in modules:
                        raise ApiError("badvalue", f'Unrecognized value for parameter "{kind}": {name}.')
                    modules[name](query)
            answer = self._success(query)
        except ApiError as error:
            reference = f"See https://{query.wiki.domain}/w/api.php for API usage."
            answer = {"error": {"code": error.code, "info": error.info, **error.extra, "docref": reference}}
            headers["MediaWiki-API-Error"] = error.code
            if error.code == "maxlag":
                asked = int(float(query.text("maxlag") or 0))
                headers |= {"Retry-After": str(max(asked, 5)), "X-Database-Lag": str(int(error.extra["lag"]))}
        if query.text("curtimestamp"):
            answer = {"curtimestamp": iso_seconds(self._state.now() // 1000), **answer}
        body = msgspec.json.encode(answer)
        if self._faults.take_broken_answer():
            body = body[: len(body) // 2]
        return Response(body, media_type="application/json; charset=utf-8", headers=headers)

    def _check(self, query: Query) -> None:
        if self._faults.api_errors:
            code = self._faults.api_errors.pop(0)
            raise ApiError(code, f"The request failed: {code}.")
        lag, allowed = max(self._faults.api_lag, self.replica.lag()), query.text("maxlag")
        if allowed and lag > float(allowed):
            info = f"Waiting for 10.64.16.7: {lag} seconds lagged."
            raise ApiError("maxlag", info, host="10.64.16.7", lag=lag, type="db")
        if query.text("action") != "query":
            raise ApiError("badvalue", f'Unrecognized value for parameter "action": {query.text("action")}.')
        if query.text("formatversion") != "2":
            raise ApiError("badvalue", 'This stand-in answers with "formatversion" 2 only.')

    def _success(self, query: Query) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        if query.continuation:
            answer["continue"] = {**query.continuation, "continue": "-||"}
        else:
            answer["batchcomplete"] = True
        unknown = sorted(set(query.parameters) - query.used - _GENERAL)
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            text = f"Unrecognized parameter{plural}: {', '.join(unknown)}."
            answer["warnings"] = {"main": {"warnings": text}}
        if query.result:
            answer["query"] = query.result
        return answer
