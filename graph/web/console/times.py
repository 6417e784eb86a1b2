# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates and times as people type them, to the minute, in a time zone of theirs; the API knows only instants.

Pure. A field of a form holds what a ``datetime-local`` field of a browser does, ``2026-12-03T10:00``.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

from graph.web.asking import Fault
from graph.web.texts import Texts, texts

ZONE: Final = "zone"
"""The field that says in which zone the times of a form are."""
WHOLE_MINUTE: Final = timedelta(seconds=59)
"""The last minute of a window belongs to it: who types 23:59 means the end of the day."""
_NOWHERE: Final = ("ZZ", "001")  # the zones of ships and machines, and of nobody's land
_TYPED: Final = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})[T\s]\s*(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?\s*")


class Untimely(ValueError):
    """What was typed is no instant; the message says why, in the words of a fault."""


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone of this name (IANA); UTC where there is no such one."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def shown(instant: str | None, zone: ZoneInfo) -> str:
    """An instant of the API's as a field shows it in this zone; an absent one is empty."""
    if instant is None:
        return ""
    return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def read(text: str, zone: ZoneInfo, *, last: bool = False) -> str | None:
    """What a field of this zone holds, as the API takes it; None where it is empty. ``last``: with its whole minute.

    Of a time that comes twice, when clocks are put back, it is the first. Raises Untimely.
    """
    if not text.strip():
        return None
    found = _TYPED.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        year, month, day, hour, minute = (int(part) for part in found.groups())
        typed = datetime(year, month, day, hour, minute, tzinfo=zone)
        instant = typed.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Untimely("This is no date and time, such as 2026-12-03 10:00.") from None
    if instant.astimezone(zone).replace(tzinfo=None) != typed.replace(tzinfo=None):
        raise Untimely("There is no such time on that day: clocks are put forward then.")
    return (instant + WHOLE_MINUTE if last else instant).isoformat().replace("+00:00", "Z")


def read_all(fields: dict[str, tuple[str, bool]], zone: ZoneInfo) -> tuple[dict[str, str | None], tuple[Fault, ...]]:
    """Several fields, each a text and whether it is the ``last`` of a window: what could be read, and what is wrong."""
    known: dict[str, str | None] = {}
    faults: list[Fault] = []
    for name, (text, last) in fields.items():
        try:
            known[name] = read(text, zone, last=last)
        except Untimely as error:
            faults.append(Fault("INVALID", (name,), str(error)))
    return known, tuple(faults)


def in_utc(text: str, zone: ZoneInfo, speak: Texts) -> str:
    """What a field holds, as it is in UTC; empty where it says nothing new, or nothing."""
    try:
        instant = read(text, zone)
    except Untimely:
        return ""
    return "" if instant is None or zone.key == "UTC" else speak.moment(instant)


@cache
def zones(language: str) -> tuple[tuple[str, str], ...]:
    """Every time zone: its name, and its country with the city where there are several, by that; UTC comes first."""
    locale = Locale.parse(texts(language).language)
    country = {name: code for name, code in get_global("zone_territories").items() if code not in _NOWHERE}
    several = {code for code, zones in Counter(country.values()).items() if zones > 1}
    known = []
    for name in country.keys() & available_timezones():
        called = locale.territories[country[name]]
        if country[name] in several:
            called = f"{called} ({get_timezone_location(name, locale=locale, return_city=True)})"
        known.append((called.casefold(), called, name))
    return (("UTC", "UTC"), *((name, called) for _, called, name in sorted(known)))


def choices(speak: Texts, chosen: str) -> tuple[tuple[str, str], ...]:
    """The zones to choose from; one that has another name here than in the browser is among them."""
    known = zones(speak.language)
    return known if any(name == chosen for name, _ in known) else ((chosen, chosen), *known)
