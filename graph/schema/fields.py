# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaring types whose docstrings are their descriptions, so that nothing is said twice.

``described``, ``interface`` and ``accepted`` (for inputs) decorate classes, ``resolved`` decorates methods, ``said``
makes a plain field. They add types to Strawberry's decorators, which mypy cannot see through.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry

C = TypeVar("C")
F = TypeVar("F", bound=Callable[..., Any])


def said(description: str, *, name: str | None = None, default: Any = dataclasses.MISSING) -> Any:
    """A field whose value is given when the object is made."""
    return strawberry.field(description=description, name=name, default=default)


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
    """A field that is worked out when it is asked for; the method's docstring is its description."""
    return cast(F, strawberry.field(method, description=prose(method)))


def prose(documented: Any) -> str:
    """The docstring with its lines joined, a blank line still parting paragraphs."""
    paragraphs = (inspect.getdoc(documented) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
