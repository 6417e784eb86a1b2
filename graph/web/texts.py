# SPDX-License-Identifier: GPL-3.0-or-later
"""What pages say, in the reader's language: the messages of ``graph/i18n``, its numbers and its dates.

A message is text with ``$1``, ``$2`` and so on for what is given, ``{{PLURAL:$1|one|other}}`` with the forms of its
language in CLDR's order, and ``{{GENDER:$1|his|her|their}}``: the notation of MediaWiki and translatewiki.net.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from markupsafe import Markup, escape

I18N: Final = Path(__file__).parent.parent / "i18n"
LANGUAGES: Final = ("en", "ar", "de", "es", "fr", "nl", "pl", "pt")
"""The languages there are messages in, English first; what another lacks is said in English."""

PLURALS: Final = ("zero", "one", "two", "few", "many", "other")
# English dates are read by everybody: the day before the month, and 24 hours.
_REGIONS: Final = {"en": "en_GB"}
_GENDERS: Final = ("male", "female")
_TEMPLATE: Final = re.compile(r"\{\{(PLURAL|GENDER):\$([1-9])\|([^{}]*)\}\}")
_PLACE: Final = re.compile(r"\$([1-9])")
_LATIN: Final = "0123456789"


class Texts:
    """One language: says messages, and writes numbers, dates and lists."""

    def __init__(self, language: str) -> None:
        self.language: Final = language
        self._locale = Locale.parse(_REGIONS.get(language, language))
        self._messages = {**_read("en"), **_read(language)}
        tags = self._locale.plural_form.tags | {"other"}
        self._forms = tuple(form for form in PLURALS if form in tags)
        shown = "".join(format_decimal(digit, locale=self._locale, numbering_system="default") for digit in range(10))
        self._digits = str.maketrans(_LATIN, shown)

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self._locale.text_direction

    @property
    def tag(self) -> str:
        """For ``Intl`` in scripts (BCP 47): with the same digits and order of dates as here."""
        region = _REGIONS.get(self.language, self.language).replace("_", "-")
        return f"{region}-u-nu-{self._locale.default_numbering_system}"

    @property
    def name(self) -> str:
        """The language's name in itself."""
        name = Locale.parse(self.language).get_display_name() or self.language
        return name[:1].upper() + name[1:]

    def say(self, key: str, *given: Any) -> str:
        """The message with what is given: numbers as the language writes them, everything else as it is.

        With markup among what is given the message is markup, and all the rest is escaped; without, it is plain text.
        Raises KeyError for a message that there is not even in English.
        """
        message = _TEMPLATE.sub(lambda found: self._chosen(found, given), self._messages[key])
        marked = any(isinstance(value, Markup) for value in given)
        parts = [
            self._shown(given, int(part), marked=marked) if index % 2 else (escape(part) if marked else part)
            for index, part in enumerate(_PLACE.split(message))
        ]
        return Markup("").join(parts) if marked else "".join(parts)

    def bundle(self, *beginnings: str) -> dict[str, str]:
        """The messages whose keys begin so, as they are written: for scripts, which say them with ``texts.js``."""
        return {key: text for key, text in self._messages.items() if key.startswith(beginnings)}

    def number(self, value: float, *, signed: bool = False) -> str:
        """A number; ``signed``: with a plus where it is above zero."""
        written = format_decimal(value, locale=self._locale, numbering_system="default")
        return f"+{written}" if signed and value > 0 else written

    def percent(self, share: float) -> str:
        """A share (1 is the whole) in whole percent."""
        return format_percent(share, format=None, locale=self._locale, numbering_system="default")

    def date(self, value: datetime | date | str) -> str:
        """A day, in UTC."""
        return format_date(_instant(value), "long", locale=self._locale).translate(self._digits)

    def days(self, start: datetime | str, end: datetime | str) -> str:
        """From one day to another, in UTC, without saying twice what they share."""
        first, last = _instant(start).date(), _instant(end).date()
        return format_interval(first, last, "yMMMd", locale=self._locale).translate(self._digits)

    def moment(self, value: datetime | str) -> str:
        """A day and the time of day, in UTC, to the minute. It does not say that it is in UTC."""
        return f"{self.days(value, value)} {self._time(_instant(value))}"

    def span(self, start: datetime | str, end: datetime | str) -> str:
        """From one moment to another; their day once where they share it."""
        first, last = _instant(start), _instant(end)
        if first.date() == last.date():
            return f"{self.days(first, last)}, {self._time(first)}–{self._time(last)}"
        return f"{self.moment(first)} – {self.moment(last)}"

    def clock(self, value: datetime | str) -> str:
        """The time of day, in UTC, to the second."""
        return format_time(_instant(value), "medium", locale=self._locale).translate(self._digits)

    def lasting(self, length: timedelta) -> str:
        """A length of time: in days from two days on, else in hours and minutes; a begun minute is a whole one."""
        hours, minutes = divmod(-(-max(length, timedelta(0)) // timedelta(minutes=1)), 60)
        if hours >= 48:
            return self.say("live-days", hours // 24)
        parts = [
            format_unit(number, f"duration-{unit}", locale=self._locale, numbering_system="default")
            for unit, number in (("hour", hours), ("minute", minutes))
            if number or (unit == "minute" and not hours)
        ]
        return self.listed(parts)

    def month(self, value: datetime | str) -> str:
        """A month and its year."""
        return format_datetime(_instant(value), "LLLL y", locale=self._locale).translate(self._digits)

    def listed(self, items: Iterable[str]) -> str:
        """Several things as one enumeration; markup where each of them is."""
        given = list(items)
        if given and all(isinstance(item, Markup) for item in given):
            return Markup(format_list([str(item) for item in given], locale=self._locale))
        return format_list(given, locale=self._locale)

    def _time(self, value: datetime) -> str:
        return format_time(value, "short", locale=self._locale).translate(self._digits)

    def _chosen(self, found: re.Match[str], given: tuple[Any, ...]) -> str:
        """One of the forms of a template; the last stands for those that are not there."""
        forms = found[3].split("|")
        value = given[int(found[2]) - 1]
        if found[1] == "PLURAL":
            index = self._forms.index(self._locale.plural_form(value))
        else:
            index = _GENDERS.index(value) if value in _GENDERS else 2
            index = index if index < len(forms) else 0
        return forms[min(index, len(forms) - 1)]

    def _shown(self, given: tuple[Any, ...], place: int, *, marked: bool) -> str:
        value = given[place - 1]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        text = self.number(value) if is_number else value if isinstance(value, str) else str(value)
        return escape(text) if marked else text


@cache
def texts(language: str) -> Texts:
    """The texts of one of LANGUAGES. Raises KeyError for any other."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Texts(language)


def _read(language: str) -> Mapping[str, str]:
    messages: dict[str, str] = json.loads((I18N / f"{language}.json").read_text("utf-8"))
    return {key: text for key, text in messages.items() if not key.startswith("@")}


def _instant(value: datetime | date | str) -> Any:
    """An instant in UTC, from what the API writes; a day stays one."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.astimezone(UTC) if isinstance(read, datetime) else read
