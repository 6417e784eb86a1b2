# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of one field of many objects, coerced together.

What is not as expected is Unusual: graphql-core is to say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)

Column = list[Any]
Coerce = Callable[[Column], Column]

_LARGEST: Final = 2**31
_AS_THEY_ARE: Final[Mapping[str, type]] = {
    GraphQLString.name: str,
    GraphQLID.name: str,
    GraphQLBoolean.name: bool,
    "BigInt": int,
}


class Unusual(Exception):
    """Something that is left to graphql-core: it is the one to say what is wrong, if anything is."""


def coerced(leaf: GraphQLLeafType, *, required: bool) -> Coerce:
    """How to coerce values of a scalar or an enum, which may be null unless ``required``.

    What it makes raises Unusual.
    """
    each = _one_by_one(leaf)
    if leaf is GraphQLInt:
        return _guarded(_whole(each), required=required)
    as_it_is = _AS_THEY_ARE.get(leaf.name)
    if as_it_is is not None:
        return _guarded(_kept(as_it_is, each), required=required)
    return _guarded(_known(each) if isinstance(leaf, GraphQLEnumType) else each, required=required)


def _one_by_one(leaf: GraphQLLeafType) -> Coerce:
    coerce = leaf.coerce_output_value

    def each(values: Column) -> Column:
        found = [coerce(value) for value in values]
        if None in found or Undefined in found:
            raise Unusual
        return found

    return each


def _guarded(coerce: Coerce, *, required: bool) -> Coerce:
    """``coerce`` for values among which may be nulls, and exceptions, which are never values."""

    def guarded(values: Column) -> Column:
        kinds = set(map(type, values))
        if any(issubclass(kind, Exception) for kind in kinds):
            raise Unusual
        if type(None) not in kinds:
            return coerce(values)
        if required:
            raise Unusual
        there = iter(coerce([value for value in values if value is not None]))
        return [None if value is None else next(there) for value in values]

    return guarded


def _kept(kind: type, otherwise: Coerce) -> Coerce:
    return lambda values: values if set(map(type, values)) <= {kind} else otherwise(values)


def _whole(otherwise: Coerce) -> Coerce:
    def whole(values: Column) -> Column:
        if set(map(type, values)) == {int} and min(values) >= -_LARGEST and max(values) < _LARGEST:
            return values
        return otherwise(values)

    return whole


def _known(each: Coerce) -> Coerce:
    """Members of an enum are few: each is coerced once."""

    def known(values: Column) -> Column:
        different = list(dict.fromkeys(values))
        names = dict(zip(different, each(different), strict=True))
        return [names[value] for value in values]

    return known
