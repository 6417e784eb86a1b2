# SPDX-License-Identifier: GPL-3.0-or-later
"""The forms that settings have: each function reads a text, and raises ValueError where it has another form."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import SplitResult, urlsplit

KEY_LENGTH = 32

_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: ``parse`` raises ValueError unless the value is what ``expects`` says."""

    name: str
    field: str
    parse: Callable[[str], Any]
    expects: str
    default: str
    meaning: str
    secret: bool = False


def _url(value: str, *schemes: str) -> SplitResult:
    parts = urlsplit(value)
    if parts.scheme not in schemes or re.search(r"\s", value):
        raise ValueError
    _ = parts.port  # raises ValueError where it is none
    return parts


def database_url(value: str) -> str:
    """The address of a PostgreSQL."""
    scheme = _url(value, "postgresql", "postgres").scheme
    if not value.startswith(f"{scheme}://"):
        raise ValueError
    return value


def base_url(value: str) -> str:
    """A URL that others are put behind, without the slash at its end."""
    parts = _url(value, "http", "https")
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    return value.rstrip("/")


def action_api(value: str) -> str:
    """A URL in which a wiki's domain or dbname is put."""
    names = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    if not names or not names <= {"domain", "dbname"}:
        raise ValueError
    base_url(value.format(domain="en.wikipedia.org", dbname="enwiki"))
    return value


def host(value: str) -> str:
    """A host name or an address."""
    if ":" in value:
        return str(ipaddress.ip_address(value))
    if not _HOST_NAME.fullmatch(value):
        raise ValueError
    return value


def between(smallest: int, largest: int) -> Callable[[str], int]:
    """A number in this range, both ends included."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.isdigit() and smallest <= int(value) <= largest):
            raise ValueError
        return int(value)

    return parse


def contact(value: str) -> str:
    """Whom others can reach."""
    # It goes into a header, inside parentheses.
    if not value.isascii() or not value.isprintable() or re.search(r"[()]", value):
        raise ValueError
    return value


def opaque(value: str) -> str:
    """A text that means something to somebody else only."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError
    return value


def key(value: str) -> str:
    """A text that nobody guesses."""
    if len(opaque(value)) < KEY_LENGTH:
        raise ValueError
    return value


def proxies(value: str) -> str:
    """Addresses or networks."""
    for each in value.split(","):
        ipaddress.ip_network(each.strip())
    return value


def folder(value: str) -> Path:
    """The path of a folder."""
    return Path(value).expanduser().absolute()


def log_format(value: str) -> str:
    """A form of the log."""
    if value not in ("text", "json"):
        raise ValueError
    return value


def usernames(value: str) -> frozenset[str]:
    """Names of accounts, as the wikis write them."""
    names = [name.strip().replace("_", " ") for name in value.split(",")]
    if not all(names):
        raise ValueError
    return frozenset(name[0].upper() + name[1:] for name in names)


def switch(value: str) -> bool:
    """On or off."""
    if value not in ("0", "1"):
        raise ValueError
    return value == "1"


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
