# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaring types whose docstrings are their descriptions, so that nothing is said twice.

``described``, ``interface`` and ``accepted`` (for inputs) decorate classes, ``resolved`` and ``everybodys`` decorate
methods, ``said`` makes a plain field. They add types to Strawberry's decorators, which mypy cannot see through.

Each field also says who may be told its value: everybody alike, or each viewer their own. A plain field is everybody's
unless it says otherwise; what is worked out for a request (it takes ``info``) is the viewer's unless it says otherwise.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast, dataclass_transform

import strawberry

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])

VIEWERS: Final = "viewers"
"""The key in a field's metadata under which it says whether its value depends on who looks."""


def said(
    description: str, *, name: str | None = None, default: Any = dataclasses.MISSING, viewers: bool = False
) -> Any:
    """A field whose value is given when the object is made; ``viewers`` where that depended on who asked."""
    return strawberry.field(description=description, name=name, default=default, metadata={VIEWERS: viewers})


@dataclass_transform(kw_only_default=True, field_specifiers=(said,))
def described(cls: type[C]) -> type[C]:
    """An object type; its docstring is its description."""
    return strawberry.type(cls, description=prose(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(said,))
def interface(cls: type[C]) -> type[C]:
    """An interface; its docstring is its description."""
    return strawberry.interface(cls, description=prose(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(said,))
def accepted(cls: type[C]) -> type[C]:
    """An input type; its docstring is its description."""
    return strawberry.input(cls, description=prose(cls))


def resolved(method: F) -> F:
    """A field that is worked out when it is asked for; the method's docstring is its description.

    One that takes ``info`` knows who asks, and counts as depending on it.
    """
    return _worked_out(method, viewers="info" in inspect.signature(method).parameters)


def everybodys(method: F) -> F:
    """A field that is worked out when it is asked for, and has the same value for everybody who may see its object."""
    return _worked_out(method, viewers=False)


def _worked_out(method: F, *, viewers: bool) -> F:
    return cast(F, strawberry.field(method, description=prose(method), metadata={VIEWERS: viewers}))


def prose(documented: Any) -> str:
    """The docstring with its lines joined, a blank line still parting paragraphs."""
    paragraphs = (inspect.getdoc(documented) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
