# SPDX-License-Identifier: GPL-3.0-or-later
"""Anything by its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graph.schema import ids
from graph.schema.context import Info
from graph.schema.ids import Kind
from graph.schema.loaders import Loaders
from graph.schema.types_base import Node
from graph.schema.types_campaign import Campaign, Organization
from graph.schema.types_content import Article, Edit, Upload
from graph.schema.types_people import Editor
from graph.schema.types_program import Program
from graph.schema.types_session import Scope, Session

_BY_NUMBER: dict[Kind, tuple[Callable[[Loaders], Any], Callable[[Any], Node]]] = {
    Kind.PROGRAM: (lambda loaders: loaders.programs_by_id, Program.of),
    Kind.CAMPAIGN: (lambda loaders: loaders.campaigns_by_id, Campaign.of),
    Kind.ORGANIZATION: (lambda loaders: loaders.organizations_by_id, Organization.of),
    Kind.SESSION: (lambda loaders: loaders.sessions_by_id, Session.of),
    Kind.SCOPE: (lambda loaders: loaders.scopes_by_id, Scope.of),
    Kind.EDITOR: (lambda loaders: loaders.editors_by_id, Editor.of),
    Kind.ARTICLE: (lambda loaders: loaders.articles_by_id, Article.of),
    Kind.UPLOAD: (lambda loaders: loaders.uploads_by_id, Upload.of),
}


async def load(info: Info, text: str) -> Node | None:
    """The thing with this id, or None where there is none that the viewer may see."""
    found = ids.parse(text)
    loaders = info.context.loaders
    if found is None:
        return None
    if found.wiki is not None:
        edit = await loaders.edits_by_key.load((found.wiki, found.number))
        return None if edit is None else Edit.of(edit)
    if found.kind not in _BY_NUMBER:
        return None
    loader, convert = _BY_NUMBER[found.kind]
    value = await loader(loaders).load(found.number)
    return None if value is None else convert(value)
