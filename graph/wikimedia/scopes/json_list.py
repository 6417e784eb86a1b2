# SPDX-License-Identifier: GPL-3.0-or-later
"""One JSON object with a very long list in it, read as it comes, in bounded memory. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from graph.errors import GraphError

LONGEST: Final = 2**20  # bytes of one item, or of another member
_MOST_MEMBERS: Final = 1000

# Possessive throughout: what does not match is given up at once.
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_INSIDE = rb'(?:[^"{}\[\]]++|' + _STRING + rb")*+"
for _level in range(5):  # what is nested deeper is no answer of these services
    _INSIDE = rb'(?:[^"{}\[\]]++|' + _STRING + rb"|[{\[]" + _INSIDE + rb"[}\]])*+"
_VALUE = rb"(" + _STRING + rb"|[{\[]" + _INSIDE + rb'[}\]]|[^\s"{}\[\],:]++)'
_SPACE = re.compile(rb"[ \t\r\n]*+")
_KEY = re.compile(rb"\s*+(" + _STRING + rb")\s*+:\s*+(?=\S)", re.DOTALL)
_ITEM = re.compile(rb"\s*+" + _VALUE + rb"\s*+([,\]])", re.DOTALL)
_MEMBER = re.compile(rb"\s*+" + _VALUE + rb"\s*+([,}])", re.DOTALL)
_NEXT = re.compile(rb"\s*+([,}])")
_CLOSED = re.compile(rb"\s*+\]")


class MalformedList(GraphError):
    """It is no JSON object, or one that ends too soon, or something in it is too large."""


class JsonList:
    """Takes in bytes and gives whole items of the list ``name``.

    ``members`` are the other members so far, ``begun`` tells whether the list was there at all.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rest = b""
        self._step: Callable[[list[bytes]], bool] = self._open
        self._at = 0
        self._member_name = ""
        self.members: dict[str, Any] = {}
        self.begun = False
        self.ended = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take in some more; gives the items that are whole now, each a JSON value. Raises MalformedList."""
        self._rest += chunk
        self._at = 0
        items: list[bytes] = []
        while self._step(items):
            pass
        self._rest = self._rest[self._at :]
        if len(self._rest) > LONGEST:
            raise MalformedList("something in it is too large, or it is no JSON")
        return items

    def close(self) -> None:
        """Nothing more comes. Raises MalformedList where the object is not whole."""
        if not self.ended:
            raise MalformedList("it ends in the middle" if self._step != self._open else "it is empty")

    # Each step gives whether it got further.

    def _open(self, _items: list[bytes]) -> bool:
        self._skip_space()
        if self._at == len(self._rest):
            return False
        if self._rest[self._at : self._at + 1] != b"{":
            raise MalformedList("it is no JSON object")
        self._at += 1
        self._step = self._key
        return True

    def _key(self, _items: list[bytes]) -> bool:
        found = _KEY.match(self._rest, self._at)
        if found is None:
            self._skip_space()
            if self._rest[self._at : self._at + 1] == b"}" and not self.members and not self.begun:
                self._at += 1
                self._end()
                return True
            return False
        name = _decoded(found[1])
        self._at = found.end()
        if name == self._name:
            if self._rest[self._at : self._at + 1] != b"[" or self.begun:
                raise MalformedList(f"its {self._name} are no list")
            self._at += 1
            self.begun = True
            self._step = self._first
        else:
            self._member_name = str(name)
            self._step = self._member
        return True

    def _member(self, _items: list[bytes]) -> bool:
        found = _MEMBER.match(self._rest, self._at)
        if found is None:
            return False
        if len(self.members) >= _MOST_MEMBERS:
            raise MalformedList("it has too many members")
        self.members[self._member_name] = _decoded(found[1])
        self._passed(found)
        return True

    def _first(self, _items: list[bytes]) -> bool:
        closed = _CLOSED.match(self._rest, self._at)
        if closed is not None:
            self._at = closed.end()
            self._step = self._after
            return True
        self._skip_space()
        if self._at == len(self._rest):
            return False
        self._step = self._item
        return True

    def _item(self, items: list[bytes]) -> bool:
        match, data, at = _ITEM.match, self._rest, self._at
        while (found := match(data, at)) is not None:
            items.append(found[1])
            at = found.end()
            if found[2] == b"]":
                self._step = self._after
                break
        self._at = at
        return found is not None

    def _after(self, _items: list[bytes]) -> bool:
        found = _NEXT.match(self._rest, self._at)
        if found is None:
            return False
        self._passed(found)
        return True

    def _done(self, _items: list[bytes]) -> bool:
        self._skip_space()
        if self._at < len(self._rest):
            raise MalformedList("something comes after its end")
        return False

    def _passed(self, found: re.Match[bytes]) -> None:
        self._at = found.end()
        if found[found.lastindex or 0] == b"}":
            self._end()
        else:
            self._step = self._key

    def _end(self) -> None:
        self.ended = True
        self._step = self._done

    def _skip_space(self) -> None:
        found = _SPACE.match(self._rest, self._at)
        self._at = found.end() if found else self._at


def _decoded(value: bytes) -> Any:
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedList("it is no JSON") from None
