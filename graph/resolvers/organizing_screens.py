# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown on the live screens of a program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.db import hidden_cards
from graph.permissions import Action
from graph.programs import Program
from graph.resolvers import organizing
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor


async def hide_card(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Take an edit off all screens of a program; it goes on counting. Harmless when repeated. Raises UserFault."""
    wiki, revision_id = given["editId"]
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        if not await hidden_cards.hide(conn, program.id, wiki, revision_id, organizing.signed_in(actor)):
            raise organizing.missing("edit", "editId")
        return program


async def show_card(deps: Deps, actor: Actor, given: Mapping[str, Any]) -> Program:
    """Put an edit that was hidden on the screens of a program again. Harmless when repeated. Raises UserFault."""
    wiki, revision_id = given["editId"]
    async with organizing.change(deps) as conn:
        program = await organizing.program_to(conn, actor, Action.EDIT_PROGRAM, given["programId"], "programId")
        if not await hidden_cards.show(conn, program.id, wiki, revision_id):
            raise organizing.missing("edit", "editId")
        return program
