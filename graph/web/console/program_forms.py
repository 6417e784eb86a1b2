# SPDX-License-Identifier: GPL-3.0-or-later
"""What the forms of programs and sessions hold, and what the API takes and gives for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from graph.web.asking import Fault
from graph.web.console import times, tracked
from graph.web.console.meanwhile import REVISION, Form
from graph.web.console.pasting import names_in
from graph.web.console.sheets import Fields, text_or_none
from graph.web.console.times import ZONE, zone_of

TYPES: Final = ("EDITATHON", "BASIC", "ARTICLE_SCOPED", "CLASSROOM", "SINGLE_USER", "FELLOWS", "VISITING_SCHOLARSHIP")
"""The kinds of program, the most usual first."""
INSTANTS: Final = {"trackingStart": False, "trackingEnd": True, "eventStart": False, "eventEnd": False}
"""The times of a program; true where the last minute belongs to it."""
PLACES: Final = {"trackedWikis": tracked.WIKIS, "visibility": "private", "showNamesByDefault": "showNames"}
"""Fields of the API that the forms call otherwise."""
_SESSION_INSTANTS: Final = {"start": False, "end": True}

Given = dict[str, Any]
Faults = tuple[Fault, ...]


def created(fields: Fields) -> tuple[Given, Faults]:
    """What ``createProgram`` is given; the first wiki is the one it is at home on."""
    instants, untimely = _instants(fields, INSTANTS)
    wikis, unread = tracked.read(fields)
    given: Given = {
        "title": fields.get("title", ""),
        "institution": fields.get("institution", ""),
        "term": text_or_none(fields, "term"),
        "description": fields.get("description", ""),
        "type": _type(fields),
        "visibility": _visibility(fields),
        **instants,
        "homeWiki": wikis[0]["wiki"] if wikis else "",
        "trackedWikis": wikis,
    }
    if campaign := fields.get("campaign"):
        given["campaignSlug"] = campaign
    missing = () if wikis else (Fault("INVALID", (tracked.WIKIS,), "Name at least one wiki."),)
    return given, (*_needed(fields, "trackingStart", "trackingEnd"), *untimely, *unread, *missing)


def cloned(fields: Fields) -> tuple[Given, Faults]:
    """What ``cloneProgram`` is given, but for the program's id."""
    instants, untimely = _instants(fields, {name: INSTANTS[name] for name in ("trackingStart", "trackingEnd")})
    given = {"title": fields.get("title", ""), "term": text_or_none(fields, "term"), **instants}
    return given, (*_needed(fields, "trackingStart", "trackingEnd"), *untimely)


def shown(program: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """The fields for a program's details, in this time zone."""
    return {
        REVISION: program["revision"] or "",
        ZONE: zone.key,
        "title": program["title"],
        "description": program["description"],
        "type": program["type"],
        "homeWiki": program["homeWiki"]["domain"],
        **{name: times.shown(program[name], zone) for name in INSTANTS},
        **tracked.shown(program["trackedWikis"]),
        **({"private": "yes"} if program["visibility"] == "PRIVATE" else {}),
        **({"showNames": "yes"} if program["showNamesByDefault"] else {}),
    }


def _entries(fields: Fields) -> dict[str, str]:
    zone = zone_of(fields.get(ZONE))
    return {
        "title": " ".join(fields.get("title", "").split()),
        "description": _lines(fields.get("description", "")),
        "type": fields.get("type", ""),
        "private": _visibility(fields),
        "showNames": fields.get("showNames", "no"),
        **{name: _moment(fields.get(name, ""), zone) for name in INSTANTS},
        "homeWiki": fields.get("homeWiki", "").strip().lower(),
        tracked.WIKIS: tracked.canonical(fields),
    }


DETAILS: Final = Form("details", _entries, {tracked.WIKIS: (tracked.WIKIS, *tracked.BOXES)})


def updated(fields: Fields) -> tuple[Given, Faults]:
    """What ``updateProgram`` is given of what was changed, but for the program's id."""
    changed = DETAILS.changed(fields)
    instants, untimely = _instants(fields, {name: last for name, last in INSTANTS.items() if name in changed})
    wikis, unread = tracked.read(fields)
    everything: Given = {
        "title": fields.get("title", ""),
        "description": fields.get("description", ""),
        "type": _type(fields),
        "private": _visibility(fields),
        "showNames": fields.get("showNames") == "yes",
        "homeWiki": fields.get("homeWiki", ""),
        tracked.WIKIS: wikis,
    }
    names = {form: api for api, form in PLACES.items()}
    given = {names.get(name, name): value for name, value in everything.items() if name in changed}
    needed = _needed(fields, *(name for name in ("trackingStart", "trackingEnd") if name in changed))
    return {**given, **instants, "expected": fields.get(REVISION)}, (*needed, *untimely, *unread)


def session_shown(session: Mapping[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """The fields for a session, in this time zone."""
    return {
        REVISION: session["revision"],
        ZONE: zone.key,
        "title": session["title"],
        "venue": session["venue"] or "",
        **{name: times.shown(session[name], zone) for name in _SESSION_INSTANTS},
        "coordinators": "\n".join(each["username"] for each in session["coordinators"]),
    }


def _session_entries(fields: Fields) -> dict[str, str]:
    zone = zone_of(fields.get(ZONE))
    return {
        "title": " ".join(fields.get("title", "").split()),
        "venue": " ".join(fields.get("venue", "").split()),
        **{name: _moment(fields.get(name, ""), zone) for name in _SESSION_INSTANTS},
        "coordinators": ", ".join(_names(fields)),
    }


SESSION: Final = Form("session", _session_entries, {})


def session_created(fields: Fields) -> tuple[Given, Faults]:
    """What ``createSession`` is given, but for the program's id."""
    instants, untimely = _instants(fields, _SESSION_INSTANTS)
    texts = {"title": fields.get("title", ""), "venue": text_or_none(fields, "venue"), "coordinators": _names(fields)}
    return {**texts, **instants}, (*_needed(fields, "start", "end"), *untimely)


def session_updated(fields: Fields) -> tuple[Given, Faults]:
    """What ``updateSession`` is given of what was changed, but for the session's id."""
    changed = SESSION.changed(fields)
    given, faults = session_created(fields)
    kept = {name: value for name, value in given.items() if name in changed}
    return {**kept, "expected": fields.get(REVISION)}, faults


def today(zone: ZoneInfo, now: datetime) -> dict[str, str]:
    """The fields of a window that is the whole of today."""
    day = now.astimezone(zone).date().isoformat()
    return {ZONE: zone.key, "trackingStart": f"{day}T00:00", "trackingEnd": f"{day}T23:59"}


def as_long_from_today(program: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> dict[str, str]:
    """The fields of a window that begins today and is as long as the program's, in days."""
    start, end = (datetime.fromisoformat(program[name]) for name in ("trackingStart", "trackingEnd"))
    fields = today(zone, now)
    last = datetime.fromisoformat(fields["trackingEnd"]) + timedelta(days=(end - start).days)
    return {**fields, "trackingEnd": last.strftime("%Y-%m-%dT%H:%M")}


def _instants(fields: Fields, names: Mapping[str, bool]) -> tuple[dict[str, str | None], Faults]:
    typed = {name: (fields.get(name, ""), last) for name, last in names.items()}
    return times.read_all(typed, zone_of(fields.get(ZONE)))


def _needed(fields: Fields, *names: str) -> Faults:
    empty = (name for name in names if not fields.get(name, "").strip())
    return tuple(Fault("INVALID", (name,), "This must not be empty.") for name in empty)


def _type(fields: Fields) -> str:
    chosen = fields.get("type", "")
    return chosen if chosen in TYPES else TYPES[0]


def _visibility(fields: Fields) -> str:
    return "PRIVATE" if fields.get("private") else "PUBLIC"


def _lines(text: str) -> str:
    return "\n".join(text.splitlines()).strip()


def _moment(text: str, zone: ZoneInfo) -> str:
    """What a field of a time says, in UTC to the minute; what cannot be read as it is."""
    try:
        instant = times.read(text, zone)
    except times.Untimely:
        return text.strip()
    return "" if instant is None else f"{instant[:16].replace('T', ' ')} UTC"


def _names(fields: Fields) -> list[str]:
    return names_in(fields.get("coordinators", ""))
