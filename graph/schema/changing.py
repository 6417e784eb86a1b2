# SPDX-License-Identifier: GPL-3.0-or-later
"""How a mutation becomes a field: its input as the use-case reads it, its faults as ``userErrors``.

A use-case is given a mapping from the API's field names to values, with only those fields that were sent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph.errors import UserFault
from graph.resolvers.deps import Deps
from graph.resolvers.form import Refused
from graph.resolvers.identity import Actor
from graph.resolvers.pace import count_change
from graph.schema import ids
from graph.schema.arguments import argument
from graph.schema.context import Info
from graph.schema.inputs import Assumed
from graph.schema.payloads import Payload, UserError

V = TypeVar("V")
P = TypeVar("P", bound=Payload)
UseCase = Callable[[Deps, Actor, Mapping[str, Any]], Awaitable[V]]

_KINDS: Mapping[str, ids.Kind] = {
    "programId": ids.Kind.PROGRAM,
    "campaignId": ids.Kind.CAMPAIGN,
    "sessionId": ids.Kind.SESSION,
    "articleId": ids.Kind.ARTICLE,
}

_GIVEN = argument("What is given.")


def mutation(
    description: str,
    accepted: type,
    use_case: UseCase[V],
    payload: type[P],
    shown: Callable[[V], P],
    *,
    of: ids.Kind | None = None,
) -> Any:
    """A field that runs ``use_case`` and answers with ``shown``.

    ``of`` is the kind of thing that its input's ``id`` names.
    """

    async def change(info: Info, input: Any) -> Any:  # noqa: A002 - the contract's name
        context = info.context
        try:
            count_change(context.deps, context.actor)
            value = await use_case(context.deps, context.actor, given(input, of))
        except Refused as refused:
            return payload(user_errors=UserError.all_of(refused.faults))
        except UserFault as fault:
            return payload(user_errors=UserError.all_of([fault]))
        # What was loaded before the change is not true any more; a cursor must be older than what is read with it.
        context.renew()
        await context.activity_cursor()
        return shown(value)

    return _field(change, description, accepted, payload)


def _field(resolver: Callable[..., Any], description: str, accepted: type, payload: type) -> Any:
    resolver.__annotations__ = {"info": Info, "input": Annotated[accepted, _GIVEN], "return": payload}
    return strawberry.mutation(resolver, description=" ".join(description.split()))


def given(value: object, of: ids.Kind | None = None) -> dict[str, Any]:
    """The fields of an input that were sent, by their names in the API; ids as our numbers.

    Raises UserFault (NOT_FOUND) for an id that names no such thing.
    """
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(value):  # type: ignore[arg-type] # Strawberry's inputs are dataclasses
        sent = getattr(value, field.name)
        if sent is strawberry.UNSET or isinstance(sent, Assumed):
            continue
        name = to_camel_case(field.name)
        if name == "editId":
            fields[name] = ids.edit(sent, name)
            continue
        kind = of if name == "id" else _KINDS.get(name)
        fields[name] = ids.number(sent, kind, name) if kind is not None and sent is not None else _plain(sent)
    return fields


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return given(value) if dataclasses.is_dataclass(value) else value
