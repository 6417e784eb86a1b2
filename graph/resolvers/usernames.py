# SPDX-License-Identifier: GPL-3.0-or-later
"""Usernames as people paste them, and which of them can be nobody's account. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

from graph.errors import ErrorCode, UserFault
from graph.matching import canonical_username

LONGEST = 235  # bytes in UTF-8, MediaWiki's limit
LONGEST_LINE = 10_000  # characters; what is longer can be nothing but refused

# The user namespace in the languages most lists come from; a username itself never holds a colon.
_PREFIXES = frozenset(
    name.casefold()
    for name in (
        "User", "User talk", "Benutzer", "Benutzerin", "Utilisateur", "Utilisatrice", "Usuario", "Usuaria", "Usuário",
        "Usuária", "Utilizador", "Utente", "Gebruiker", "Usuari", "Usuària", "Wikipedysta", "Wikipedystka", "Användare",
        "Bruker", "Bruger", "Käyttäjä", "Uživatel", "Uživatelka", "Szerkesztő", "Kullanıcı", "Pengguna", "Thành viên",
        "Участник", "Участница", "Користувач", "Користувачка", "Корисник", "Потребител", "Χρήστης", "مستخدم", "مستخدمة",
        "کاربر", "صارف", "משתמש", "משתמשת", "सदस्य", "ব্যবহারকারী", "பயனர்", "వాడుకరి", "ผู้ใช้", "用户", "用戶",
        "利用者", "사용자",
    )
)  # fmt: skip
# What no account can have in its name.
_BAD = re.compile(r"[#<>\[\]|{}/@:=\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
# Names that begin like this are given to temporary accounts and to nobody else.
_TEMPORARY = re.compile(r"~2\d*(-|\Z)", re.ASCII)
_LINK = re.compile(r"\[\[:?([^\[\]|]*)(?:\|[^\[\]]*)?\]\]")
# Unseen companions of pasted text that no account has in its name (marks of writing direction go anyway).
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\u2066\u2067\u2068\u2069\ufeff"))
_LIKE_AN_ADDRESS = re.compile(r"\d{1,3}[.]\d{1,3}[.]\d{1,3}[.](\d{1,3}|xxx)", re.ASCII | re.IGNORECASE)


def pasted(text: str) -> str:
    """The username in a pasted line, as MediaWiki writes it; empty for a blank line.

    It is composed (NFC), without invisible marks, without the user namespace's name and without a link around it.
    """
    plain = unicodedata.normalize("NFC", text.translate(_UNSEEN)) if len(text) <= LONGEST_LINE else text
    link = _LINK.fullmatch(plain.strip())
    name = canonical_username(plain if link is None else link[1])
    prefix, colon, rest = name.replace("\uff1a", ":", 1).partition(":")
    if colon and prefix.strip().casefold() in _PREFIXES:
        name = canonical_username(rest)
    return name


def fault(name: str, *field: str) -> UserFault | None:
    """Why ``name`` (as ``pasted`` gives it) can be nobody's account, or None."""
    if _is_address(name):
        return UserFault(ErrorCode.INVALID, "An IP address is not an account.", field)
    if _BAD.search(name):
        return UserFault(ErrorCode.INVALID, "A username has no control characters and none of #<>[]|{}/@:=", field)
    if _TEMPORARY.match(name):
        return UserFault(ErrorCode.INVALID, f"{name} is a temporary account; they cannot be enrolled.", field)
    if len(name.encode()) > LONGEST:
        return UserFault(ErrorCode.TOO_LONG, f"A username has at most {LONGEST} bytes.", field)
    return None


def _is_address(name: str) -> bool:
    address = name.partition("/")[0]
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return _LIKE_AN_ADDRESS.fullmatch(address) is not None
    return True
