# SPDX-License-Identifier: GPL-3.0-or-later
"""Cursors: opaque to clients, base64url of a small versioned JSON array to us.

A cursor holds the name of the list it was made for, so that one of another list or another order is refused instead of
leading somewhere odd.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

import msgspec

from graph.errors import ErrorCode, UserFault
from graph.paging import Key
from graph.schema.arguments import storable

_VERSION = 1
_LARGEST = 2**63 - 1
_LONGEST = 4000
ACTIVITY = "activity"
_IN_ADDRESSES = bytes.maketrans(b"+/", b"-_")
_encode = msgspec.json.Encoder().encode


def encode(listing: str, key: Key) -> str:
    """The cursor of the place ``key`` in the list named ``listing``."""
    plain = binascii.b2a_base64(_encode((_VERSION, listing, *key)), newline=False).translate(_IN_ADDRESSES)
    return plain.decode("ascii").rstrip("=")


def decode(listing: str, text: str, shape: tuple[type, ...]) -> Key:
    """The place a cursor names: values of the types in ``shape``.

    Raises UserFault (INVALID) for anything this list did not give out.
    """
    parts = _unpack(text)
    if parts is None or parts[:2] != [_VERSION, listing] or len(parts) != len(shape) + 2:
        raise _foreign()
    key = tuple(parts[2:])
    if not all(_fits(value, kind) for value, kind in zip(key, shape, strict=True)):
        raise _foreign()
    return key


def encode_activity(epoch: str, number: int) -> str:
    """The cursor of a place in the activity: ``epoch`` tells one database from its successor."""
    return encode(ACTIVITY, (epoch, number))


def decode_activity(text: str) -> tuple[str, int]:
    """The epoch and number of an activity cursor. Raises UserFault (INVALID)."""
    epoch, number = decode(ACTIVITY, text, (str, int))
    return str(epoch), int(number)


def _unpack(text: str) -> list[Any] | None:
    if len(text) > _LONGEST:
        return None
    try:
        parts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return parts if isinstance(parts, list) else None


def _fits(value: object, kind: type) -> bool:
    if type(value) is not kind:
        return False
    if isinstance(value, int):
        return -_LARGEST <= value <= _LARGEST
    return isinstance(value, str) and storable(value)


def _foreign() -> UserFault:
    return UserFault(ErrorCode.INVALID, "This cursor was not given out by this list.", ("after",))
