# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema: what can be read, changed and followed."""

from __future__ import annotations

import strawberry
from graphql import GraphQLObjectType, Undefined
from strawberry.schema.config import StrawberryConfig

from graph.schema import enums  # noqa: F401 - makes the enums of the domain enums of the schema
from graph.schema.mutation import Mutation
from graph.schema.query import Query
from graph.schema.scalars import SCALARS
from graph.schema.subscription import Subscription


def _build() -> strawberry.Schema:
    made = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    for kind in made._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            _drop_null_defaults(kind)
    return made


def _drop_null_defaults(kind: GraphQLObjectType) -> None:
    """Let an argument that may be left out have no default, instead of the null by which Strawberry says so."""
    for field in kind.fields.values():
        for argument in field.args.values():
            if argument.default_value is None:
                argument.default_value = Undefined


schema = _build()


def sdl() -> str:
    """The schema in GraphQL's own language, as committed in graph/schema/schema.graphql."""
    return f"# SPDX-License-Identifier: GPL-3.0-or-later\n{schema.as_str()}\n"
