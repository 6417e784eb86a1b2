# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents named by the SHA-256 of their text, so that a request is short and may be a GET that caches keep.

Our own pages' documents are known from the start. Anybody else's are known once they were sent with their hash (the
protocol of Apollo's automatic persisted queries: first the hash alone, and the text after ``PersistedQueryNotFound``),
and may be forgotten: then the client sends the text again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from hashlib import sha256
from typing import Any, Final

from graph.web.graphql_request import GraphQLRequest, InvalidRequest, request_of

MOST: Final = 1_000
MOST_CHARACTERS: Final = 1024 * 1024
LARGEST: Final = 16 * 1024
_PREFIX: Final = "sha256:"
_UNSUPPORTED: Final = "PersistedQueryNotSupported"


class UnknownDocument(InvalidRequest):
    """The document is not known by this hash: its text is to be sent."""

    code: Final = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class Persisted:
    """The documents of a process by their hash; ``trusted`` ones are never forgotten."""

    def __init__(self, trusted: Collection[str] = ()) -> None:
        self._trusted = {hash_of(text): text for text in trusted}
        self._sent: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._sent)

    def request(self, params: object) -> GraphQLRequest:
        """Make a request of decoded parameters, with the document that they name.

        Raises UnknownDocument, and InvalidRequest naming the parameter at fault.
        """
        if not isinstance(params, dict) or (named := _named(params)) is None:
            return request_of(params)
        text = params.get("query")
        if text is None:
            text = self._known(named)
            if text is None:
                raise UnknownDocument
            params = {**params, "query": text}
        elif not isinstance(text, str) or hash_of(text) != named:
            raise InvalidRequest("The hash is not that of the document.")
        else:
            self._keep(named, text)
        return request_of({**params, "extensions": _others(params)})

    def _known(self, named: str) -> str | None:
        if named in self._sent:
            self._sent.move_to_end(named)
            return self._sent[named]
        return self._trusted.get(named)

    def _keep(self, named: str, text: str) -> None:
        if named in self._trusted or named in self._sent or len(text) > LARGEST:
            return
        self._sent[named] = text
        self._characters += len(text)
        while len(self._sent) > MOST or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._sent.popitem(last=False)[1])


def hash_of(text: str) -> str:
    """The SHA-256 of a document's UTF-8, as 64 hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _named(params: dict[str, Any]) -> str | None:
    """The hash that a request names its document by: ``documentId``, or the extension of Apollo's clients."""
    document = params.get("documentId")
    if isinstance(document, str):
        return document.removeprefix(_PREFIX).lower()
    extensions = params.get("extensions")
    given = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("version") != 1 or not isinstance(given.get("sha256Hash"), str):
        raise InvalidRequest(_UNSUPPORTED)
    return str(given["sha256Hash"]).lower()


def _others(params: dict[str, Any]) -> dict[str, Any] | None:
    """The extensions without the document's name: it says nothing more."""
    extensions = params.get("extensions")
    if not isinstance(extensions, dict):
        return extensions
    return {name: value for name, value in extensions.items() if name != "persistedQuery"} or None
