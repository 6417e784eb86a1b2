# SPDX-License-Identifier: GPL-3.0-or-later
"""How pages ask the API what they show: in this process, with documents of their own, as every other client does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graph.errors import ErrorCode
from graph.web.graphql_request import Executor, GraphQLRequest

DOCUMENTS: Final = Path(__file__).with_name("documents")
# The service's own trouble: none of it says that what was asked for is not there.
_OURS: Final = {"INTERNAL_ERROR", "TIMEOUT", ErrorCode.UNAVAILABLE.value}


@dataclass(frozen=True, slots=True)
class Fault:
    """What somebody can mend: the API's code, the input's field it is about (a path, empty for none), and its text."""

    code: str
    field: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Changed:
    """What a mutation answered; with ``faults`` nothing has changed, unless the mutation says so itself."""

    value: Mapping[str, Any]
    faults: tuple[Fault, ...]


class Asking:
    """Executes the pages' operations."""

    def __init__(self, executor: Executor, documents: Mapping[str, str]) -> None:
        self._executor = executor
        self.documents: Final = documents

    async def ask(self, identity: object, document: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """Return the data of an answer, or None where the service failed to give it.

        A reader's own fault (a slug that can be none, a cursor of another list) leaves null where the thing would be,
        or nothing at all: that is an answer.
        """
        asked = GraphQLRequest(self.documents[document], variables)
        payload = (await self._executor.execute(asked, identity, allow_mutations=False)).payload
        codes = {error.get("extensions", {}).get("code") for error in payload.get("errors", ())}
        if _OURS & codes or ("data" not in payload and not codes):
            return None
        data = payload.get("data")
        return data if isinstance(data, dict) else {}

    async def change(self, identity: object, document: str, variables: dict[str, Any]) -> Changed:
        """Execute a mutation; the document calls its one field ``changed``, and asks for its ``userErrors``.

        A request that the API refused as a whole, or failed to execute, is a fault as well.
        """
        asked = GraphQLRequest(self.documents[document], variables)
        payload = (await self._executor.execute(asked, identity, allow_mutations=True)).payload
        value = (payload.get("data") or {}).get("changed")
        refused = tuple(_refusal(error) for error in payload.get("errors", ()))
        if value is None or refused:
            return Changed({}, refused)
        said = value.get("userErrors", ())
        faults = tuple(Fault(each["code"], tuple(each["field"] or ()), each["message"]) for each in said)
        return Changed(value, faults)


def _refusal(error: Mapping[str, Any]) -> Fault:
    code = error.get("extensions", {}).get("code", "INVALID")
    return Fault(code, (), str(error.get("message", "")))
