# SPDX-License-Identifier: GPL-3.0-or-later
"""``list=usercontribs``: the wikis' own list of who wrote what, with continuation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graph.simulator.api import ApiError, Query
from graph.simulator.api_users import valid_name
from graph.simulator.pages import HIDDEN_COMMENT, HIDDEN_TEXT, HIDDEN_USER, SUPPRESSED, Account, Revision

MAX_LIMIT = 500
_DEFAULT = "ids|title|timestamp|comment|size|flags"
_PROPERTIES = {
    "ids",
    "title",
    "timestamp",
    "comment",
    "parsedcomment",
    "size",
    "sizediff",
    "flags",
    "tags",
    "patrolled",
}


def usercontribs(query: Query) -> None:
    """List contributions of one or many users, newest first (``ucdir=newer``: oldest first), user by user.

    What is on deleted pages or has a hidden user is not listed; hidden texts and comments are marked. Where the
    list goes on is told as ``actor|number|time|revision``, and without the actor for a single user.
    """
    properties = query.values("ucprop", _DEFAULT)
    unknown = [name for name in properties if name not in _PROPERTIES]
    if unknown:
        raise ApiError("badvalue", f'Unrecognized value for parameter "ucprop": {", ".join(unknown)}.')
    limit = query.whole("uclimit", 10, MAX_LIMIT)
    newer = _is_newer(query)
    several, accounts = _accounts(query)
    rows = _rows(query, accounts, newer)
    start = query.text("uccontinue")
    if start is not None:
        key = _continue_key(start, several)
        rows = [row for row in rows if _key(row, newer, several) >= _ordered(key, newer)]
    query.result["usercontribs"] = [_fields(row, properties) for row in rows[:limit]]
    if len(rows) > limit:
        following = rows[limit]
        stamp = "".join(character for character in following.at if character.isdigit())
        place = f"{stamp}|{following.id}"
        query.continuation["uccontinue"] = f"actor|{_actor(following)}|{place}" if several else place


def _is_newer(query: Query) -> bool:
    direction = query.text("ucdir") or "older"
    if direction not in ("older", "newer"):
        raise ApiError("badvalue", f'Unrecognized value for parameter "ucdir": {direction}.')
    return direction == "newer"


def _accounts(query: Query) -> tuple[bool, list[Account]]:
    """Whether several users were asked for, and those that are known."""
    names, numbers = query.values("ucuser"), query.values("ucuserids")
    if names and numbers:
        info = 'The parameters "ucuserprefix", "ucuserids", "uciprange" and "ucuser" can not be used together.'
        raise ApiError("invalidparammix", info)
    if not names and not numbers:
        info = 'One of the parameters "ucuser", "ucuserids", "ucuserprefix" and "uciprange" is required.'
        raise ApiError("missingparam", info)
    found: list[Account | None] = []
    for given in names:
        name = valid_name(given)
        if name is None:
            raise ApiError("baduser", f'Invalid value "{given}" for user parameter "ucuser".')
        found.append(query.state.accounts.get(name))
    if numbers:
        wiki = query.wiki.dbname
        wanted = {int(number) for number in numbers if number.isdigit()}
        here = (account for account in query.state.accounts.values() if wiki in account.local)
        found.extend(account for account in here if account.local[wiki].user_id in wanted)
    several = len({*numbers, *(valid_name(name) for name in names)}) > 1
    return several, [account for account in dict.fromkeys(found) if account is not None]


def _rows(query: Query, accounts: list[Account], newer: bool) -> list[Revision]:
    first, last = _moment(query, "ucstart"), _moment(query, "ucend")
    oldest, newest = (first, last) if newer else (last, first)
    namespaces = {int(number) for number in query.values("ucnamespace")}
    wiki = query.wiki.dbname
    rows = [
        revision
        for account in accounts
        if wiki in account.local
        for revision in account.local[wiki].revisions.values()
        if not revision.page.deleted
        and revision.shows(HIDDEN_USER)
        and (oldest is None or revision.at >= oldest)
        and (newest is None or revision.at <= newest)
        and (not namespaces or revision.page.namespace in namespaces)
    ]
    return sorted(rows, key=lambda row: _key(row, newer))


def _actor(row: Revision) -> int:
    return row.author.local[row.page.wiki.dbname].user_id


def _key(row: Revision, newer: bool, several: bool = True) -> tuple[int, int, int]:
    stamp = int(datetime.fromisoformat(row.at).timestamp())
    return _ordered((_actor(row) if several else 0, stamp, row.id), newer)


def _ordered(key: tuple[int, int, int], newer: bool) -> tuple[int, int, int]:
    actor, stamp, number = key
    return (actor, stamp, number) if newer else (-actor, -stamp, -number)


def _continue_key(text: str, several: bool) -> tuple[int, int, int]:
    parts = text.split("|")
    kind = parts.pop(0) if several else "actor"
    if not several:
        parts.insert(0, "0")
    if kind != "actor" or len(parts) != 3 or not all(part.isdigit() for part in parts) or len(parts[1]) != 14:
        info = "Invalid continue param. You should pass the original value returned by the previous query."
        raise ApiError("badcontinue", info)
    stamp = datetime.strptime(parts[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return int(parts[0]), int(stamp.timestamp()), int(parts[2])


def _moment(query: Query, name: str) -> str | None:
    raw = query.text(name)
    if raw is None:
        return None
    try:
        moment = datetime.fromtimestamp(int(raw), UTC) if raw.isdigit() and len(raw) < 14 else _written(raw)
    except ValueError:
        raise ApiError("badtimestamp", f'Invalid value "{raw}" for timestamp parameter "{name}".') from None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(raw: str) -> datetime:
    moment = datetime.strptime(raw, "%Y%m%d%H%M%S") if raw.isdigit() else datetime.fromisoformat(raw)  # noqa: DTZ007 - UTC is set next
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _fields(row: Revision, properties: list[str]) -> dict[str, Any]:
    page = row.page
    fields: dict[str, Any] = {}
    if not row.shows(HIDDEN_TEXT):
        fields["texthidden"] = True
    fields["userid"] = row.author.local[page.wiki.dbname].user_id
    fields["user"] = row.author.name
    parts: dict[str, dict[str, Any]] = {
        "ids": {"pageid": page.id, "revid": row.id, "parentid": row.parent_id},
        "title": {"ns": page.namespace, "title": page.title},
        "timestamp": {"timestamp": row.at},
        "flags": {"new": row.parent_id == 0, "minor": row.minor, "top": row is page.latest},
        "comment": {"comment": row.comment} if row.shows(HIDDEN_COMMENT) else {"commenthidden": True},
        "size": {"size": row.size},
        "sizediff": {"sizediff": row.size - row.parent_size},
        "tags": {"tags": list(row.tags)},
    }
    for name, part in parts.items():
        if name in properties:
            fields.update(part)
    if not row.measured:
        for name in ("parentid", "size", "sizediff"):
            fields.pop(name, None)
        if "flags" in properties:
            fields["new"] = False
    if row.hidden & SUPPRESSED:
        fields["suppressed"] = True
    return fields
