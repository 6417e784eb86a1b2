# SPDX-License-Identifier: GPL-3.0-or-later
"""``list=users`` and ``meta=globaluserinfo``."""

from __future__ import annotations

import re
from typing import Any

from graph.simulator.api import ApiError, Query
from graph.simulator.pages import Account
from graph.simulator.wikis import Wiki, capitalize

_BAD_CHARACTERS = re.compile(r"[#<>\[\]|{}/@:=\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){3,}")
_PROPERTIES = {"centralids", "registration", "editcount", "groups", "blockinfo", "gender", "emailable", "rights"}


def valid_name(name: str) -> str | None:
    """A user name as MediaWiki writes it, or None where no account can have it."""
    name = capitalize(name)
    if not name or len(name.encode()) > 235 or _BAD_CHARACTERS.search(name) or _ADDRESS.fullmatch(name):
        return None
    return name


def users(query: Query) -> None:
    """List accounts of one wiki by name or number; marks the ``missing`` and the ``invalid``."""
    properties = query.values("usprop")
    unknown = [name for name in properties if name not in _PROPERTIES]
    if unknown:
        raise ApiError("badvalue", f'Unrecognized value for parameter "usprop": {", ".join(unknown)}.')
    found: list[dict[str, Any]] = []
    for given in dict.fromkeys(query.values("ususers")):
        name = valid_name(given)
        account = query.state.accounts.get(name) if name else None
        if name is None:
            found.append({"name": given, "invalid": True})
        elif account is None or query.wiki.dbname not in account.local:
            found.append({"name": name, "missing": True})
        else:
            found.append(_user(account, query.wiki, properties))
    by_number = {
        account.local[query.wiki.dbname].user_id: account
        for account in (query.state.accounts.values() if query.text("ususerids") else [])
        if query.wiki.dbname in account.local
    }
    for given in query.values("ususerids"):
        account = by_number.get(int(given)) if given.isdigit() else None
        found.append(_user(account, query.wiki, properties) if account else {"userid": int(given), "missing": True})
    query.result["users"] = found


def _user(account: Account, wiki: Wiki, properties: list[str]) -> dict[str, Any]:
    local = account.local[wiki.dbname]
    fields: dict[str, Any] = {"userid": local.user_id, "name": account.name}
    if "editcount" in properties:
        fields["editcount"] = local.edit_count
    if "registration" in properties:
        fields["registration"] = local.registered
    if "groups" in properties:
        fields["groups"] = account.effective_groups()
    if "centralids" in properties:
        fields["centralids"] = {"CentralAuth": account.central_id, "local": local.user_id}
        fields["attachedlocal"] = {"CentralAuth": True, "local": True}
    return fields


def globaluserinfo(query: Query) -> None:
    """Tell of one global account, by name or number."""
    name, number = query.text("guiuser"), query.text("guiid")
    properties = query.values("guiprop")
    if number is not None:
        account = query.state.accounts_by_id.get(int(number)) if number.isdigit() else None
    else:
        valid = valid_name(name or "")
        if valid is None:
            raise ApiError("baduser", f'Invalid value "{name}" for user parameter "guiuser".')
        account = query.state.accounts.get(valid)
    if account is None:
        query.result["globaluserinfo"] = {"missing": True}
        return
    fields: dict[str, Any] = {
        "home": account.home,
        "id": account.central_id,
        "registration": account.registered,
        "name": account.name,
    }
    if "editcount" in properties:
        fields["editcount"] = account.edit_count
    if "merged" in properties:
        fields["merged"] = [_merged(account, query.state.wikis[dbname]) for dbname in account.local]
    query.result["globaluserinfo"] = fields


def _merged(account: Account, wiki: Wiki) -> dict[str, Any]:
    local = account.local[wiki.dbname]
    return {
        "wiki": wiki.dbname,
        "url": f"https://{wiki.domain}",
        "timestamp": local.registered,
        "method": "primary" if wiki.dbname == account.home else "login",
        "editcount": local.edit_count,
        "registration": local.registered,
    }
