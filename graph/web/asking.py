# SPDX-License-Identifier: GPL-3.0-or-later
"""How pages ask the API what they show: in this process, with documents of their own, as every other client does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from graph.web.graphql_request import Executor, GraphQLRequest

DOCUMENTS: Final = Path(__file__).with_name("documents")
_OURS: Final = "INTERNAL_ERROR"


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
        if _OURS in codes or ("data" not in payload and not codes):
            return None
        data = payload.get("data")
        return data if isinstance(data, dict) else {}
