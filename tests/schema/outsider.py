# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who collects everything the API gives them: every field of the schema, every id that can be guessed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from graph.resolvers.identity import ANONYMOUS, Actor
from graph.schema import ids
from graph.schema.root import schema
from tests.schema.asking import Api

SCHEMA = schema._schema
PAGE = 20  # of every list
GUESSES = 80  # numbers of each kind of thing that are tried
NOISE = {"activityCursor", "service"}  # the place in the whole service's activity, and how the stream is doing


def query_field(name: str) -> GraphQLField:
    assert SCHEMA.query_type is not None
    return SCHEMA.query_type.fields[name]


def is_node(kind: Any) -> bool:
    return isinstance(kind, GraphQLInterfaceType) or (
        isinstance(kind, GraphQLObjectType) and any(each.name == "Node" for each in kind.interfaces)
    )


def literal(kind: Any, name: str) -> str:
    """Some value of a required argument."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return "DAY" if "DAY" in named.values else next(iter(named.values))
    return {"Int": "1", "Boolean": "true"}.get(named.name, json.dumps(name))


def arguments(asked: GraphQLField) -> str:
    given = {
        name: literal(argument.type, name) for name, argument in asked.args.items() if is_required_argument(argument)
    }
    if "first" in asked.args:
        given["first"] = str(PAGE)
    return f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""


def selection(kind: Any, depth: int = 6) -> str:
    """Every field of an object, down to the things that have ids of their own."""
    if is_node(kind) and depth < 6:
        return "{ __typename id }"
    parts = []
    for name, asked in kind.fields.items():
        named = get_named_type(asked.type)
        if name in NOISE:
            continue
        if is_leaf_type(named):
            parts.append(name + arguments(asked))
        elif depth > 0 and hasattr(named, "fields"):
            parts.append(f"{name}{arguments(asked)} {selection(named, depth - 1)}")
    return "{ " + " ".join(["__typename", *parts]) + " }"


def questions(kind: GraphQLObjectType) -> Iterator[str]:
    """What is asked of one thing: its plain fields together, each list by itself."""
    plain = [name + arguments(asked) for name, asked in kind.fields.items() if is_leaf_type(get_named_type(asked.type))]
    yield "{ __typename " + " ".join(name for name in plain if name not in NOISE) + " }"
    for name, asked in kind.fields.items():
        named = get_named_type(asked.type)
        if not is_leaf_type(named) and name not in NOISE:
            yield f"{{ {name}{arguments(asked)} {selection(named, 5)} }}"


@dataclass
class Outsider:
    """Collects as one actor; ``found`` holds every answer by its question."""

    api: Api
    actor: Actor = ANONYMOUS
    found: dict[str, Any] = field(default_factory=dict)

    async def collect(self, slugs: Iterable[str], names: Iterable[str], words: Iterable[str]) -> dict[str, Any]:
        """Everything that can be reached from the root, from guessed ids, slugs, names, and from what these lead to."""
        for slug in slugs:
            for root in ("program", "campaign", "organization"):
                await self.ask(f"{{ {root}(slug: {json.dumps(slug)}) {{ id }} }}")
        for name in names:
            await self.ask(f"{{ editor(username: {json.dumps(name)}) {{ id username programs {{ totalCount }} }} }}")
            await self.ask(
                f"{{ programs(filter: {{facilitator: {json.dumps(name)}}}) {{ totalCount nodes {{ id }} }} }}"
            )
        for word in words:
            search = json.dumps(word)
            for root in ("campaigns", "organizations"):
                await self.ask(f"{{ {root}(search: {search}) {{ totalCount nodes {{ id }} }} }}")
            await self.ask(f"{{ programs(filter: {{search: {search}}}) {{ totalCount nodes {{ id }} }} }}")
        await self._lists()
        await self._guess()
        await self._follow_up()
        return self.found

    async def ask(self, query: str) -> None:
        self.found[query] = await self.api.answer(query, self.actor)

    async def _lists(self) -> None:
        for root in ("programs", "campaigns", "organizations"):
            kind = get_named_type(query_field(root).type)
            order = query_field(root).args.get("orderBy")
            values = [None] if order is None else [None, *get_named_type(order.type).values]
            for value in values:
                given = f"first: {PAGE}" + ("" if value is None else f", orderBy: {value}")
                await self.ask(f"{{ {root}({given}) {selection(kind, 5)} }}")
        await self.ask(f"{{ viewer {selection(SCHEMA.type_map['Viewer'], 5)} }}")

    async def _guess(self) -> None:
        for kind in ids.Kind:
            if kind is ids.Kind.EDIT:
                guesses = [
                    ids.encode_edit(wiki, number) for wiki in ("enwiki", "commonswiki") for number in range(1, GUESSES)
                ]
            else:
                guesses = [ids.encode(kind, number) for number in range(1, GUESSES)]
            for start in range(0, len(guesses), 50):
                some = ", ".join(json.dumps(each) for each in guesses[start : start + 50])
                await self.ask(f"{{ nodes(ids: [{some}]) {{ __typename id }} }}")

    async def _follow_up(self) -> None:
        done: set[str] = set()
        while fresh := sorted(set(things(self.found.values())) - done):
            for kind, number in fresh:
                done.add((kind, number))
                for question in questions(SCHEMA.type_map[kind]):
                    await self.ask(f"{{ node(id: {json.dumps(number)}) {{ ... on {kind} {question} }} }}")


def things(value: Any) -> Iterator[tuple[str, str]]:
    """Whatever has an id in an answer."""
    if isinstance(value, dict):
        kind, number = value.get("__typename"), value.get("id")
        if isinstance(kind, str) and isinstance(number, str) and is_node(SCHEMA.type_map.get(kind)):
            yield kind, number
        for each in value.values():
            yield from things(each)
    elif not isinstance(value, str) and hasattr(value, "__iter__"):
        for each in value:
            yield from things(each)


def values(value: Any) -> Iterator[Any]:
    """Every plain value in an answer."""
    if isinstance(value, dict):
        for each in value.values():
            yield from values(each)
    elif isinstance(value, list):
        for each in value:
            yield from values(each)
    else:
        yield value


def changes_of(kind: str, filled: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every mutation whose input has this field: its name, its document, and an input with some value for the rest."""
    assert SCHEMA.mutation_type is not None
    for name, asked in SCHEMA.mutation_type.fields.items():
        accepted = get_named_type(asked.args["input"].type)
        assert isinstance(accepted, GraphQLInputObjectType)
        if kind not in accepted.fields:
            continue
        given = {each: some(part.type) for each, part in accepted.fields.items() if is_non_null_type(part.type)} | {
            each: value for each, value in filled.items() if each in accepted.fields
        }
        document = (
            f"mutation ($input: {accepted.name}!) {{ {name}(input: $input) {{ userErrors {{ code message field }} }} }}"
        )
        yield name, document, given


def some(kind: Any) -> Any:
    """Some value of an input's field."""
    if isinstance(kind, GraphQLNonNull):
        return some(kind.of_type)
    if is_list_type(kind):
        return []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {name: some(part.type) for name, part in kind.fields.items() if is_non_null_type(part.type)}
    return {"Boolean": True, "Int": 1, "BigInt": 1, "DateTime": "2026-11-20T00:00:00Z"}.get(kind.name, "x")
