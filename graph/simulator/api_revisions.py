# SPDX-License-Identifier: GPL-3.0-or-later
"""``prop=revisions`` and ``prop=info``: what is known of single revisions and pages, by number or title."""

from __future__ import annotations

from typing import Any

from graph.simulator.api import ApiError, Query
from graph.simulator.pages import HIDDEN_COMMENT, HIDDEN_TEXT, HIDDEN_USER, SUPPRESSED, Page, Revision

_PROPERTIES = {"ids", "flags", "timestamp", "user", "userid", "size", "sha1", "comment", "tags", "content"}
_DEFAULT = "ids|timestamp|flags|comment|user"


def revisions(query: Query) -> None:
    """Tell of the revisions named by ``revids``, or of the latest of each page, or list one page's history.

    A history (``rvlimit``, ``rvstartid``, ``rvdir``) is of one page only, and not to be had with ``revids``.
    """
    properties = query.values("rvprop", _DEFAULT)
    if query.values("rvslots") not in ([], ["main"]):
        raise ApiError("badvalue", 'Unrecognized value for parameter "rvslots": this stand-in has "main" only.')
    unknown = [name for name in properties if name not in _PROPERTIES]
    if unknown:
        raise ApiError("badvalue", f'Unrecognized value for parameter "rvprop": {", ".join(unknown)}.')
    limit, start, direction = query.text("rvlimit"), query.text("rvstartid"), query.text("rvdir")
    listing = limit is not None or start is not None or direction == "newer"
    given, pages = _page_set(query)
    if listing and given is not None:
        info = 'The "revids" parameter may not be used with the list options ("rvlimit", "rvstartid", ...).'
        raise ApiError("invalidparammix", info)
    if listing and len(pages) > 1:
        raise ApiError("invalidparammix", 'The parameters "titles" and "pageids" name more than one page.')
    if given is not None:
        chosen = given
    elif listing:
        chosen = [of for page, _ in pages for of in _history(query, page, start, direction)]
    else:
        chosen = [page.latest for page, _ in pages]
    entries = {page.id: entry for page, entry in pages}
    for of in sorted(chosen, key=lambda of: of.id) if given is not None else chosen:
        entries[of.page.id].setdefault("revisions", []).append(_fields(of, properties))


def info(query: Query) -> None:
    """Tell of pages how they are now."""
    for page, entry in _page_set(query)[1]:
        entry |= {
            "contentmodel": page.wiki.content_model(page.namespace)[0],
            "pagelanguage": page.wiki.language,
            "touched": page.latest.at,
            "lastrevid": page.latest.id,
            "length": page.latest.size,
        }
        if page.redirect_to is not None:
            entry["redirect"] = True
        if len(page.revisions) == 1:
            entry["new"] = True


def _page_set(query: Query) -> tuple[list[Revision] | None, list[tuple[Page, dict[str, Any]]]]:
    """The revisions asked for (None: pages were), and the pages with their entries in the answer."""
    given = [name for name in ("titles", "pageids", "revids") if query.text(name)]
    if len(given) > 1:
        raise ApiError("invalidparammix", f"The parameters {', '.join(given)} can not be used together.")
    wiki = query.wiki.dbname
    if given == ["revids"]:
        numbers = _numbers(query, "revids")
        known = [query.state.revisions.get((wiki, number)) for number in numbers]
        good = [of for of in known if of is not None and not of.page.deleted]
        bad = sorted(set(numbers) - {of.id for of in good})
        if bad:
            query.result["badrevids"] = {str(number): {"revid": number, "missing": True} for number in bad}
        return good, _entries(query, [of.page for of in good], [])
    living = {page.id: page for (dbname, _), page in query.state.pages.items() if dbname == wiki}
    if given == ["pageids"]:
        numbers = _numbers(query, "pageids")
        missing: list[dict[str, Any]] = [
            {"pageid": number, "missing": True} for number in numbers if number not in living
        ]
        return None, _entries(query, [living[number] for number in numbers if number in living], missing)
    keys = named_keys(query)
    found = [query.state.pages.get((wiki, key)) for key in keys]
    missing = [
        {"ns": query.wiki.key(key)[0], "title": key.replace("_", " "), "missing": True}
        for key, page in zip(keys, found, strict=True)
        if page is None
    ]
    return None, _entries(query, [page for page in found if page is not None], missing)


def named_keys(query: Query) -> list[str]:
    """The keys of the pages in ``titles``, or with ``redirects`` of those they lead to; both are told."""
    normalized: list[dict[str, Any]] = []
    redirects: dict[str, dict[str, Any]] = {}
    keys = []
    for title in query.values("titles"):
        key = query.wiki.key(title)[1]
        shown = key.replace("_", " ")
        if shown != title:
            normalized.append({"fromencoded": False, "from": title, "to": shown})
        keys.append(_followed(query, key, redirects) if "redirects" in query.parameters else key)
    for name, told in (("normalized", normalized), ("redirects", list(redirects.values()))):
        if told:
            query.result[name] = told
    return list(dict.fromkeys(keys))


def _followed(query: Query, key: str, redirects: dict[str, dict[str, Any]]) -> str:
    seen = {key}
    while (page := query.state.pages.get((query.wiki.dbname, key))) is not None and page.redirect_to:
        redirects[key] = {"from": page.title, "to": page.redirect_to.replace("_", " ")}
        key = page.redirect_to
        if key in seen:
            break
        seen.add(key)
    return key


def _entries(query: Query, pages: list[Page], missing: list[dict[str, Any]]) -> list[tuple[Page, dict[str, Any]]]:
    # Several modules add to the same entries.
    listed: list[dict[str, Any]] = query.result.setdefault("pages", [])
    listed.extend(entry for entry in missing if entry not in listed)
    made = {entry["pageid"]: entry for entry in listed if "pageid" in entry}
    entries = []
    for page in dict.fromkeys(pages):
        entry = made.get(page.id)
        if entry is None:
            entry = {"pageid": page.id, "ns": page.namespace, "title": page.title}
            listed.append(entry)
        entries.append((page, entry))
    if not listed:
        del query.result["pages"]
    return entries


def _numbers(query: Query, name: str) -> list[int]:
    numbers = []
    for text in query.values(name):
        if not text.isdigit():
            raise ApiError("badinteger", f'Invalid value "{text}" for integer parameter "{name}".')
        numbers.append(int(text))
    return list(dict.fromkeys(numbers))


def _history(query: Query, page: Page, start: str | None, direction: str | None) -> list[Revision]:
    limit = query.whole("rvlimit", 10, 500)
    history = sorted(page.revisions, key=lambda of: (of.at, of.id), reverse=direction != "newer")
    if start is not None:
        first = query.state.revisions.get((query.wiki.dbname, int(start))) if start.isdigit() else None
        if first is None:
            raise ApiError("badid_rvstartid", 'No revision was found for parameter "rvstartid".')
        place = (first.at, first.id)
        newer = direction == "newer"
        history = [of for of in history if ((of.at, of.id) >= place if newer else (of.at, of.id) <= place)]
    if len(history) > limit:
        following = history[limit]
        stamp = "".join(character for character in following.at if character.isdigit())
        query.continuation["rvcontinue"] = f"{stamp}|{following.id}"
    return history[:limit]


def _fields(of: Revision, properties: list[str]) -> dict[str, Any]:
    shows_user = of.shows(HIDDEN_USER)
    user = of.author.local[of.page.wiki.dbname].user_id
    parts: dict[str, dict[str, Any]] = {
        "ids": {"revid": of.id, "parentid": of.parent_id},
        "flags": {"minor": of.minor},
        "user": {"user": of.author.name} if shows_user else {"userhidden": True},
        "userid": {"userid": user} if shows_user else {"userhidden": True},
        "timestamp": {"timestamp": of.at},
        "size": {"size": of.size},
        "sha1": {"sha1": of.sha1} if of.shows(HIDDEN_TEXT) else {"sha1hidden": True},
        "comment": {"comment": of.comment} if of.shows(HIDDEN_COMMENT) else {"commenthidden": True},
        "tags": {"tags": list(of.tags)},
        "content": {"slots": {"main": _slot(of)}},
    }
    fields: dict[str, Any] = {}
    for name, part in parts.items():
        if name in properties:
            fields.update(part)
    if "content" in properties and not of.shows(HIDDEN_TEXT):
        fields["texthidden"] = True
    if of.hidden & SUPPRESSED and any(name.endswith("hidden") for name in fields):
        fields["suppressed"] = True
    return fields


def _slot(of: Revision) -> dict[str, Any]:
    """The text, made up: nothing is known of it but its size, and whether it is a redirect."""
    model, content_format = of.page.wiki.content_model(of.page.namespace)
    slot: dict[str, Any] = {"contentmodel": model, "contentformat": content_format}
    if not of.shows(HIDDEN_TEXT):
        return slot | {"texthidden": True}
    start = "#REDIRECT [[Target]]" if of.redirect else "Some words. "
    return slot | {"content": (start + "x" * of.size)[: max(of.size, len(start) if of.redirect else 0)]}
