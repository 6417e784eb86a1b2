# SPDX-License-Identifier: GPL-3.0-or-later
"""Leaving articles out of a program, and taking them in again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.db import organizing_articles
from graph.db.pool import Connection
from graph.permissions import Action
from graph.programs import Program
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor


async def exclude_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Leave an article out of a program's numbers; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await _program_of(conn, actor, given)
        await organizing_articles.exclude(conn, program.id, given["articleId"], organizing.signed_in(actor))
        return program


async def include_article(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take an article in again; harmless when repeated. Raises UserFault."""
    async with organizing.change(deps) as conn:
        program = await _program_of(conn, actor, given)
        await organizing_articles.include(conn, program.id, given["articleId"])
        return program


async def _program_of(conn: Connection, actor: Actor, given: Mapping[str, Any]) -> Program:
    program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
    if not await organizing_articles.concerns(conn, program.id, given["articleId"]):
        raise organizing.missing("article", "articleId")
    return program
