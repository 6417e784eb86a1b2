# SPDX-License-Identifier: GPL-3.0-or-later
"""Short addresses, fit to be typed from a screen on a wall: they lead to the pages of programs and campaigns.

What they hold is a number and no secret. Whoever may not see a program learns nothing by following one.
"""

from __future__ import annotations

from typing import Final

from graph.resolvers import reading
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor

_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Without the letters that are taken for digits or for each other."""
_LONGEST: Final = 12


def of_program(deps: Deps, number: int) -> str:
    """The short address of a program."""
    return f"{deps.public_url}/p/{code(number)}"


def of_campaign(deps: Deps, number: int) -> str:
    """The short address of a campaign."""
    return f"{deps.public_url}/c/{code(number)}"


def code(number: int) -> str:
    """A number above zero as short text."""
    written = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written


def number_of(text: str) -> int | None:
    """What ``code`` wrote, in any case; None for anything else."""
    letters = text.lower()
    if not 0 < len(letters) <= _LONGEST or letters[0] == "0" or not set(letters) <= set(_DIGITS):
        return None
    number = 0
    for letter in letters:
        number = number * len(_DIGITS) + _DIGITS.index(letter)
    return number


async def program_at(deps: Deps, actor: Actor, text: str) -> str | None:
    """The slug of the program that the code leads to, if the actor may see it."""
    if (number := number_of(text)) is None:
        return None
    found = (await reading.programs_by_id(deps, actor, [number])).get(number)
    return None if found is None else found.slug


async def campaign_at(deps: Deps, text: str) -> str | None:
    """The slug of the campaign that the code leads to."""
    if (number := number_of(text)) is None:
        return None
    found = (await reading.campaigns_by_id(deps, [number])).get(number)
    return None if found is None else found.slug
