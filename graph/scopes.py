# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody gives as a scope, read: a title, a number, or the address of one of two services. Pure.

Of an address only the number is taken; no request ever goes to a host that a user named. Everything that is refused
raises UserFault, naming ``value`` or ``depth``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from graph.errors import ErrorCode, UserFault
from graph.programs import ScopeKind, Wiki
from graph.titles import CATEGORY, LONGEST_LINE, TEMPLATE, Namespaces

DEEPEST: Final = 10  # levels of subcategories
MOST_PAGES: Final = 1_000_000  # of a program
MOST_LINES: Final = 5_000  # articles pasted at once

_NUMBER = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_HOSTS: Mapping[ScopeKind, frozenset[str]] = {
    ScopeKind.PETSCAN: frozenset({"petscan.wmcloud.org", "petscan.wmflabs.org"}),
    ScopeKind.PAGEPILE: frozenset({"pagepile.toolforge.org", "tools.wmflabs.org", "pagepile.wmflabs.org"}),
}
_NAMES: Mapping[ScopeKind, str] = {ScopeKind.PETSCAN: "PetScan", ScopeKind.PAGEPILE: "PagePile"}
_PARAMETER: Mapping[ScopeKind, str] = {ScopeKind.PETSCAN: "psid", ScopeKind.PAGEPILE: "id"}
# What an address of the service may say besides, because it changes no result.
_HARMLESS = frozenset(
    {"action", "active_tab", "doit", "format", "interface_language", "json-pretty", "metadata", "output_compatability",
     "show_main_page", "sparse"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """Where a scope's articles come from.

    ``value`` is as it is kept and shown: the full title of a category or template, the number of a saved query or
    pile, and nothing for assigned articles. ``depth`` counts levels of subcategories.
    """

    kind: ScopeKind
    wiki: Wiki
    value: str
    depth: int = 0


def source(kind: ScopeKind, value: str, depth: int, namespaces: Namespaces) -> Source:
    """Read a scope of the wiki that has these ``namespaces``."""
    _check_depth(kind, depth)
    if kind in _HOSTS:
        return Source(kind, namespaces.wiki, str(_number(kind, value)))
    if kind is ScopeKind.ASSIGNED_ARTICLES:
        if value.strip():
            raise UserFault(ErrorCode.INVALID, "The articles of this scope are those that are assigned.", ("value",))
        return Source(kind, namespaces.wiki, "")
    home = CATEGORY if kind is ScopeKind.CATEGORY else TEMPLATE
    title = namespaces.pasted(value, "value", namespace=home)
    if kind is ScopeKind.CATEGORY and title.namespace != CATEGORY:
        raise UserFault(ErrorCode.INVALID, f"{title.prefixed} is no category.", ("value",))
    return Source(kind, namespaces.wiki, title.prefixed, depth)


def lines(pasted: str, *field: str) -> list[str]:
    """The titles and addresses in pasted text, one a line, without blank lines and repetitions; at most 5,000."""
    found = list(dict.fromkeys(line.strip() for line in pasted.splitlines() if line.strip()))
    if len(found) > MOST_LINES:
        raise UserFault(ErrorCode.TOO_MANY, f"At most {MOST_LINES:,} articles can be pasted at once.", field)
    return found


def _check_depth(kind: ScopeKind, depth: int) -> None:
    if not 0 <= depth <= DEEPEST:
        raise UserFault(ErrorCode.INVALID, f"The depth is a number from 0 to {DEEPEST}.", ("depth",))
    if depth and kind is not ScopeKind.CATEGORY:
        raise UserFault(ErrorCode.INVALID, "Only categories have a depth.", ("depth",))


def _number(kind: ScopeKind, value: str) -> int:
    text = value.strip()
    if len(text) <= LONGEST_LINE and _NUMBER.fullmatch(text):
        return int(text)
    name, parameter = _NAMES[kind], _PARAMETER[kind]
    try:
        given = _parameters(text[:LONGEST_LINE], _HOSTS[kind])
    except ValueError:
        given = None
    if given is None:
        message = f"This is neither a number ({parameter}) nor an address of {name}."
        raise UserFault(ErrorCode.INVALID, message, ("value",))
    number = given.pop(parameter, "")
    if not _NUMBER.fullmatch(number):
        message = f"This address of {name} has no {parameter} in it."
        raise UserFault(ErrorCode.INVALID, message, ("value",))
    others = sorted(set(given) - _HARMLESS)
    if others:
        message = f"This address changes what was saved ({', '.join(others)[:100]}): save it, and give the new number."
        raise UserFault(ErrorCode.INVALID, message, ("value",))
    return int(number)


def _parameters(address: str, hosts: frozenset[str]) -> dict[str, str] | None:
    """The parameters of an address at one of the hosts, or None. Raises ValueError for what is no address."""
    parts = urlsplit(address if "//" in address.partition("?")[0] else f"//{address}")
    if parts.scheme not in ("", "http", "https") or parts.netloc.lower() not in hosts:
        return None
    if parts.netloc.lower() == "tools.wmflabs.org" and not parts.path.startswith("/pagepile/"):
        return None
    return dict(parse_qsl(parts.query, errors="strict"))
