# SPDX-License-Identifier: GPL-3.0-or-later
"""``meta=siteinfo``: a wiki's name, language and namespaces."""

from __future__ import annotations

from typing import Any

from graph.simulator.api import ApiError, Query
from graph.simulator.log import iso_seconds
from graph.simulator.wikis import CANONICAL, Wiki

_NO_PAGES = {-2: "Media", -1: "Special"}


def siteinfo(query: Query) -> None:
    """Tell ``general``, ``namespaces`` and ``namespacealiases``."""
    for name in query.values("siprop", "general"):
        if name == "general":
            query.result["general"] = _general(query)
        elif name == "namespaces":
            query.result["namespaces"] = _namespaces(query.wiki)
        elif name == "namespacealiases":
            aliases = sorted(query.wiki.aliases.items(), key=lambda alias: (alias[1], alias[0]))
            query.result["namespacealiases"] = [{"id": number, "alias": alias} for alias, number in aliases]
        else:
            raise ApiError("badvalue", f'Unrecognized value for parameter "siprop": {name}.')


def _general(query: Query) -> dict[str, Any]:
    wiki = query.wiki
    return {
        "mainpage": "Main Page",
        "base": f"https://{wiki.domain}/wiki/Main_Page",
        "sitename": wiki.sitename,
        "generator": "MediaWiki 1.47.0-wmf.3",
        "case": "first-letter",
        "lang": wiki.language,
        "rtl": wiki.language == "ar",
        "writeapi": True,
        "timezone": "UTC",
        "articlepath": "/wiki/$1",
        "scriptpath": "/w",
        "script": "/w/index.php",
        "server": f"https://{wiki.domain}",
        "servername": wiki.domain,
        "wikiid": wiki.dbname,
        "time": iso_seconds(query.state.now() // 1000),
    }


def _namespaces(wiki: Wiki) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for number, name in sorted({**_NO_PAGES, **wiki.namespaces}.items()):
        fields = {"id": number, "case": "first-letter", "name": name, "subpages": number not in (0, 6, 14)}
        if number:
            fields["canonical"] = CANONICAL.get(number, name)
        fields |= {"content": number in wiki.content, "nonincludable": False}
        described[str(number)] = fields
    return described
