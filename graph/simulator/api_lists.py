# SPDX-License-Identifier: GPL-3.0-or-later
"""``list=categorymembers``, ``list=embeddedin``, ``prop=templates`` and ``prop=links``: which pages belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from graph.simulator.api import ApiError, Query
from graph.simulator.api_revisions import named_keys
from graph.simulator.pages import Page

MAX_LIMIT = 500
_TYPES = ("page", "subcat", "file")  # in the order of the list
_PROPERTIES = {"ids", "title", "sortkey", "sortkeyprefix", "type", "timestamp"}


def categorymembers(query: Query) -> None:
    """List a category's pages, then its subcategories, then its files, each by sort key."""
    category = _category(query)
    properties = query.values("cmprop", "ids|title")
    types = query.values("cmtype", "page|subcat|file")
    for name, given, known in (("cmprop", properties, _PROPERTIES), ("cmtype", types, set(_TYPES))):
        if unknown := [value for value in given if value not in known]:
            raise ApiError("badvalue", f'Unrecognized value for parameter "{name}": {", ".join(unknown)}.')
    limit = query.whole("cmlimit", 10, MAX_LIMIT)
    namespaces = {int(number) for number in query.values("cmnamespace")}
    members = query.state.members.get((query.wiki.dbname, category), {})
    rows = sorted(
        (_place(page), page)
        for page in members
        if not page.deleted and _type(page) in types and (not namespaces or page.namespace in namespaces)
    )
    start = query.text("cmcontinue")
    if start is not None:
        first = _continued(start)
        rows = [row for row in rows if row[0] >= first]
    query.result["categorymembers"] = [_fields(page, properties) for _, page in rows[:limit]]
    if len(rows) > limit:
        kind, key, number = rows[limit][0]
        query.continuation["cmcontinue"] = f"{_TYPES[kind]}|{key.encode().hex()}|{number}"


def embeddedin(query: Query) -> None:
    """List the pages that transclude a page, by namespace and number."""
    title = query.text("eititle")
    if title is None:
        raise ApiError("missingparam", 'One of the parameters "eititle" and "eipageid" is required.')
    limit = query.whole("eilimit", 10, MAX_LIMIT)
    namespaces = {int(number) for number in query.values("einamespace")}
    known = query.state.transclusions.get((query.wiki.dbname, query.wiki.key(title)[1]), {})
    rows = sorted(
        ((page.namespace, page.id), page)
        for page in known
        if not page.deleted and (not namespaces or page.namespace in namespaces)
    )
    start = query.text("eicontinue")
    if start is not None:
        parts = start.split("|")
        if len(parts) != 2 or not all(part.isdigit() for part in parts):
            raise _bad_continue()
        rows = [row for row in rows if row[0] >= (int(parts[0]), int(parts[1]))]
    query.result["embeddedin"] = [
        {"pageid": page.id, "ns": page.namespace, "title": page.title}
        | ({"redirect": True} if page.redirect_to else {})
        for _, page in rows[:limit]
    ]
    if len(rows) > limit:
        namespace, number = rows[limit][0]
        query.continuation["eicontinue"] = f"{namespace}|{number}"


def templates(query: Query) -> None:
    """Tell which of the pages in ``tltemplates`` the pages in ``titles`` transclude."""
    wanted = {query.wiki.key(title)[1] for title in query.values("tltemplates")}
    query.whole("tllimit", 10, MAX_LIMIT)
    _linked(query, "templates", {page: page.templates & wanted if wanted else page.templates for page in _pages(query)})


def links(query: Query) -> None:
    """Tell which pages (of the namespaces in ``plnamespace``) the pages in ``titles`` link to."""
    wanted = {int(number) for number in query.values("plnamespace")}
    query.whole("pllimit", 10, MAX_LIMIT)
    numbers = query.wiki.key
    found = {page: {key for key in page.links if not wanted or numbers(key)[0] in wanted} for page in _pages(query)}
    _linked(query, "links", found)


def _pages(query: Query) -> list[Page]:
    found = [query.state.pages.get((query.wiki.dbname, key)) for key in named_keys(query)]
    return [page for page in found if page is not None]


def _linked(query: Query, name: str, keys: Mapping[Page, Collection[str]]) -> None:
    listed = query.result.setdefault("pages", [])
    for page, found in keys.items():
        entry = next((entry for entry in listed if entry.get("pageid") == page.id), None)
        if entry is None:
            entry = {"pageid": page.id, "ns": page.namespace, "title": page.title}
            listed.append(entry)
        if found:
            entry[name] = [{"ns": query.wiki.key(key)[0], "title": key.replace("_", " ")} for key in sorted(found)]


def _category(query: Query) -> str:
    title, number = query.text("cmtitle"), query.text("cmpageid")
    if title is not None and number is not None:
        raise ApiError("invalidparammix", 'The parameters "cmtitle" and "cmpageid" can not be used together.')
    if title is None and number is None:
        raise ApiError("missingparam", 'One of the parameters "cmtitle" and "cmpageid" is required.')
    if title is not None:
        namespace, key = query.wiki.key(title)
    else:
        known = (page for (wiki, _), page in query.state.pages.items() if wiki == query.wiki.dbname)
        page = next((page for page in known if str(page.id) == number), None)
        if page is None:
            raise ApiError("nosuchpageid", f"There is no page with ID {number}.")
        namespace, key = page.namespace, page.key
    if namespace != 14:
        raise ApiError("invalidcategory", "The category name you entered is not valid.")
    return key


def _type(page: Page) -> str:
    return {14: "subcat", 6: "file"}.get(page.namespace, "page")


def _place(page: Page) -> tuple[int, str, int]:
    text = page.title.partition(":")[2] if page.namespace else page.title
    return _TYPES.index(_type(page)), text.upper(), page.id


def _continued(text: str) -> tuple[int, str, int]:
    parts = text.split("|")
    try:
        return _TYPES.index(parts[0]), bytes.fromhex(parts[1]).decode(), int(parts[2])
    except (ValueError, IndexError):
        raise _bad_continue() from None


def _bad_continue() -> ApiError:
    info = "Invalid continue param. You should pass the original value returned by the previous query."
    return ApiError("badcontinue", info)


def _fields(page: Page, properties: list[str]) -> dict[str, Any]:
    parts: dict[str, dict[str, Any]] = {
        "ids": {"pageid": page.id},
        "title": {"ns": page.namespace, "title": page.title},
        "sortkey": {"sortkey": _place(page)[1].encode().hex()},
        "sortkeyprefix": {"sortkeyprefix": ""},
        "type": {"type": _type(page)},
        "timestamp": {"timestamp": page.latest.at},
    }
    fields: dict[str, Any] = {}
    for name, part in parts.items():
        if name in properties:
            fields.update(part)
    return fields
