# SPDX-License-Identifier: GPL-3.0-or-later
"""Titles as a wiki writes them, from what people paste and what services list. Pure.

A title is a namespace's number and a text; a talk page is another title than its article. What is written depends on
the wiki: the namespaces' names in its language, their canonical (English) names and aliases, and whether the first
letter matters.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from graph.errors import ErrorCode, UserFault
from graph.programs import Wiki
from graph.wikis import LANGUAGES, find

CATEGORY: Final = 14
TEMPLATE: Final = 10
LONGEST: Final = 255  # bytes of a title's text in UTF-8, without its namespace
LONGEST_LINE: Final = 10_000  # characters of what is pasted; what is longer can be nothing but refused

# Marks of writing direction and other unseen companions of pasted text, none of which a title keeps.
_UNSEEN = dict.fromkeys(map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"))
_SPACES = re.compile(r"[ _\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\t\r\n]+")
_LINK = re.compile(r"\[\[([^\[\]|]*)(?:\|[^\[\]]*)?\]\]")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]*);", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_NO_TEXT = re.compile(r"[\ufffd\ud800-\udfff]")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f|#<>\[\]{}]")
_RELATIVE = re.compile(r"\.{1,2}(/.*)?|.*/\.{1,2}(/.*)?", re.DOTALL)
# With or without https: in front, as browsers show them.
_SCHEME = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?:)?//|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.org/(?:wiki|w)/", re.IGNORECASE | re.ASCII)
# Wikis that are read in several scripts have the script in place of "wiki" in some addresses.
_PATH = re.compile(r"/(?:wiki|(?:zh|sr|kk|ku|iu|uz|tg|crh|shi|gan|ban)(?:-[a-z]+)*)/(.+)", re.DOTALL)
_PROJECTS = frozenset(
    {"w", "wikipedia", "wikt", "wiktionary", "b", "wikibooks", "n", "wikinews", "q", "wikiquote", "s", "wikisource",
     "v", "wikiversity", "voy", "wikivoyage", "c", "commons", "d", "wikidata", "m", "meta", "metawikipedia", "species",
     "wikispecies", "mw", "mediawikiwiki", "f", "wikifunctions", "incubator", "outreach", "foundation"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace of a wiki: its local name, the canonical one and others that mean it.

    Without ``first_letter`` titles in it may begin with a small letter, as in a Wiktionary's entries.
    """

    number: int
    name: str
    canonical: str = ""
    aliases: tuple[str, ...] = ()
    first_letter: bool = True


@dataclass(frozen=True, slots=True)
class Title:
    """A page's title on its wiki. ``text`` is without the namespace's name, ``prefixed`` with it; both have spaces."""

    namespace: int
    text: str
    prefixed: str

    @property
    def is_talk(self) -> bool:
        """Whether it is a discussion, which is not the page it is about."""
        return self.namespace % 2 == 1


def wiki_of(pasted: str) -> Wiki | None:
    """The wiki of a pasted address; None for what is no address.

    Raises UserFault UNKNOWN_WIKI where no wiki of Wikimedia has it.
    """
    text = _unwrapped(pasted)
    return _wiki_at(text, ()) if _ADDRESS.match(text) else None


class Namespaces:
    """The namespaces of a wiki, and its titles. Every method that raises raises UserFault, naming ``field``."""

    def __init__(self, wiki: Wiki, namespaces: Iterable[Namespace]) -> None:
        self.wiki = wiki
        self._by_number = {namespace.number: namespace for namespace in namespaces}
        self._by_name: dict[str, int] = {}
        # Local names come last, because they win where another namespace's alias is the same.
        for namespace in self._by_number.values():
            self._by_name.update((_name(alias), namespace.number) for alias in namespace.aliases)
        for namespace in self._by_number.values():
            self._by_name[_name(namespace.canonical)] = namespace.number
        for namespace in self._by_number.values():
            self._by_name[_name(namespace.name)] = namespace.number
        self._by_name.pop("", None)

    def number(self, name: str) -> int | None:
        """The namespace somebody means by this name in any accepted writing, or None. The articles' has no name."""
        return self._by_name.get(_name(name))

    def title(self, namespace: int, text: str) -> Title | None:
        """The title of a text (spaces or underscores) in a namespace; None where the wiki has no such namespace."""
        known = self._by_number.get(namespace)
        if known is None:
            return None
        text = _SPACES.sub(" ", text).strip()
        text = _capital(text) if known.first_letter else text
        return Title(namespace, text, f"{known.name}:{text}" if known.name else text)

    def pasted(self, text: str, *field: str, namespace: int = 0) -> Title:
        """The title somebody means: plain, URL-encoded, in a link, or as an address in this wiki.

        ``namespace`` is meant where the text names none; a colon in front names that of articles.
        """
        if len(text) > LONGEST_LINE:
            raise UserFault(ErrorCode.TOO_LONG, f"A title has at most {LONGEST} bytes.", field)
        plain = _unwrapped(text)
        if _ADDRESS.match(plain):
            wiki = _wiki_at(plain, field)
            if wiki.dbname != self.wiki.dbname:
                message = f"This address is on {wiki.domain}, not on {self.wiki.domain}."
                raise UserFault(ErrorCode.INVALID, message, field)
            return self.listed(_in_address(plain, field), *field)
        if _ESCAPE.search(plain):
            plain = _decoded(plain, field)
        plain = _ENTITY.sub(lambda found: html.unescape(found[0]), plain)
        return self.listed(plain, *field, namespace=namespace)

    def listed(self, text: str, *field: str, namespace: int = 0) -> Title:
        """The title in a text that is one already, with its namespace's name, spaces or underscores."""
        plain = unicodedata.normalize("NFC", _SPACES.sub(" ", text.translate(_UNSEEN))).strip()
        if plain.startswith(":"):
            plain, namespace = plain[1:].lstrip(), 0
        plain, number = self._without_prefix(plain, field)
        namespace = namespace if number is None else number
        if number == 1 and (self.number(plain.partition(":")[0]) is not None and ":" in plain):
            raise UserFault(ErrorCode.INVALID, "A title cannot name two namespaces.", field)
        _check(plain, field)
        if namespace < 0:
            raise UserFault(ErrorCode.INVALID, "A special page is no page that can be edited.", field)
        found = self.title(namespace, plain)
        if found is None:
            raise UserFault(ErrorCode.INVALID, f"{self.wiki.domain} has no namespace {namespace}.", field)
        return found

    def _without_prefix(self, text: str, field: tuple[str, ...]) -> tuple[str, int | None]:
        prefix, colon, rest = text.partition(":")
        if not colon:
            return text, None
        number = self.number(prefix)
        if number is not None:
            return rest.strip(), number
        other = _name(prefix)
        if other == self.wiki.language:
            return self._without_prefix(rest.strip(), field)
        if other in LANGUAGES or other in _PROJECTS:
            message = f"“{prefix}:” leads to another wiki than {self.wiki.domain}."
            raise UserFault(ErrorCode.INVALID, message, field)
        return text, None


def _check(text: str, field: tuple[str, ...]) -> None:
    """Refuse what MediaWiki refuses in a title's text."""
    if not text or text.startswith(":"):
        raise UserFault(ErrorCode.INVALID, "A title is missing.", field)
    if _NO_TEXT.search(text):
        raise UserFault(ErrorCode.INVALID, "The title is not in UTF-8.", field)
    if found := _FORBIDDEN.search(text):
        shown = found[0] if found[0].isprintable() else "control characters"
        raise UserFault(
            ErrorCode.INVALID, f"A title cannot have {shown} in it; none has any of | # < > [ ] {{ }}", field
        )
    if _ESCAPE.search(text) or _ENTITY.search(text) or _RELATIVE.fullmatch(text) or "~~~" in text:
        raise UserFault(ErrorCode.INVALID, f"No page can have the title “{text[:100]}”.", field)
    if len(text.encode()) > LONGEST:
        raise UserFault(ErrorCode.TOO_LONG, f"A title has at most {LONGEST} bytes.", field)


def _unwrapped(pasted: str) -> str:
    """What is pasted without spaces and a link's brackets around it; a link loses its words and its section."""
    text = pasted.translate(_UNSEEN).strip()
    link = _LINK.fullmatch(text)
    return text if link is None else link[1].partition("#")[0].strip()


def _wiki_at(address: str, field: tuple[str, ...]) -> Wiki:
    host = _split(address, field)[0]
    found = find(host) if host.endswith(".org") else None
    if found is None:
        raise UserFault(ErrorCode.UNKNOWN_WIKI, "This address is of no wiki of Wikimedia.", field)
    return found


def _in_address(address: str, field: tuple[str, ...]) -> str:
    _, path, query = _split(address, field)
    if path.startswith("/w/index.php"):
        try:
            titles = parse_qs(query, errors="strict").get("title", [""])
        except ValueError:
            raise UserFault(ErrorCode.INVALID, "The address is not in UTF-8.", field) from None
        title = titles[0]
    else:
        found = _PATH.fullmatch(path)
        title = _decoded(found[1], field) if found else ""
    if not title:
        raise UserFault(ErrorCode.INVALID, "The address has no title in it.", field)
    return title


def _split(address: str, field: tuple[str, ...]) -> tuple[str, str, str]:
    """Host, path and query; a section is dropped. Nobody's name and no port may be in it."""
    marked = address if _SCHEME.match(address) else f"//{address}"
    try:
        parts = urlsplit(marked)
    except ValueError:
        raise UserFault(ErrorCode.INVALID, "This is no address.", field) from None
    return parts.netloc.lower(), parts.path, parts.query


def _decoded(text: str, field: tuple[str, ...]) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UserFault(ErrorCode.INVALID, "The title is not in UTF-8.", field) from None


def _name(name: str) -> str:
    return _SPACES.sub(" ", name).strip().lower()


def _capital(text: str) -> str:
    # A letter whose upper case is several letters (ß) and the Georgian ones stay as they are on Wikimedia's wikis.
    upper = text[:1].upper()
    return text if len(upper) != 1 or "\u10d0" <= text[:1] <= "\u10ff" else upper + text[1:]
