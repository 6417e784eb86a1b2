# SPDX-License-Identifier: GPL-3.0-or-later
"""Global ids: opaque to clients, base64url of ``Kind:key`` to us."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

import strawberry

from graph.errors import ErrorCode, UserFault

_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_IN_ADDRESSES = bytes.maketrans(b"+/", b"-_")
_DBNAME = re.compile(r"[a-z0-9_]{1,64}", re.ASCII)


class Kind(StrEnum):
    """The things that have an id."""

    PROGRAM = "Program"
    CAMPAIGN = "Campaign"
    ORGANIZATION = "Organization"
    SESSION = "Session"
    EDITOR = "Editor"
    ARTICLE = "Article"
    EDIT = "Edit"
    UPLOAD = "Upload"
    SCOPE = "Scope"
    ACCESS_TOKEN = "AccessToken"
    SCREEN_TOKEN = "ScreenToken"
    JOB = "Job"
    ASSIGNMENT = "Assignment"
    AVAILABLE_ARTICLE = "AvailableArticle"


@dataclass(frozen=True, slots=True)
class GlobalId:
    """What an id names: a thing of ours by its number, an edit by its wiki (database name) and revision."""

    kind: Kind
    number: int
    wiki: str | None = None


def encode(kind: Kind, number: int) -> strawberry.ID:
    """The id of one of our numbered things."""
    return _pack(f"{kind.value}:{number}")


def encode_edit(wiki: str, revision_id: int) -> strawberry.ID:
    """The id of a revision on a wiki (database name)."""
    return _pack(f"{Kind.EDIT}:{wiki}:{revision_id}")


def parse(text: str) -> GlobalId | None:
    """What ``text`` names, or None where it is no id of ours."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        parts = plain.decode("ascii").split(":")
        kind = Kind(parts[0])
    except (binascii.Error, ValueError):
        return None
    wiki = parts[1] if kind is Kind.EDIT and len(parts) == 3 and _DBNAME.fullmatch(parts[1]) else None
    expected = 3 if kind is Kind.EDIT else 2
    if len(parts) != expected or not _NUMBER.fullmatch(parts[-1]) or (kind is Kind.EDIT and wiki is None):
        return None
    number = int(parts[-1])
    return GlobalId(kind, number, wiki) if number < 2**63 else None


def number(text: str, kind: Kind, *field: str) -> int:
    """The number in an id of this kind. Raises UserFault (NOT_FOUND), naming ``field``."""
    found = parse(text)
    if found is None or found.kind is not kind:
        raise UserFault(ErrorCode.NOT_FOUND, f"This is not the id of any {kind.lower()}.", field or None)
    return found.number


def edit(text: str, *field: str) -> tuple[str, int]:
    """The wiki (database name) and revision in the id of an edit. Raises UserFault (NOT_FOUND), naming ``field``."""
    found = parse(text)
    if found is None or found.wiki is None:
        raise UserFault(ErrorCode.NOT_FOUND, "This is not the id of any edit.", field or None)
    return found.wiki, found.number


def _pack(text: str) -> strawberry.ID:
    plain = binascii.b2a_base64(text.encode("ascii"), newline=False).translate(_IN_ADDRESSES)
    return strawberry.ID(plain.decode("ascii").rstrip("="))
