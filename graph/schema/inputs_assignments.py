# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations about assignments are given; absent and null as in graph/schema/inputs.py."""

from __future__ import annotations

import strawberry

from graph.programs import AssignmentRole
from graph.schema.fields import accepted, said
from graph.schema.inputs import optional


@accepted
class AssignArticleInput:
    """An article for one of a program's editors to write or to review."""

    program_id: strawberry.ID = said("The program.")
    username: str = said("Who; an editor of the program.")
    title: str = said("The article, by its title or its address; it need not exist yet.")
    wiki: str | None = optional("The wiki of a title; the home wiki unless given. An address says it itself.")
    role: AssignmentRole | None = said("What they are to do.", default=AssignmentRole.WRITE)


@accepted
class UnassignArticleInput:
    """An assignment to end."""

    id: strawberry.ID = said("The assignment.")


@accepted
class AddAvailableArticlesInput:
    """Articles to offer to a program's editors."""

    program_id: strawberry.ID = said("The program.")
    articles: str = said("Titles or addresses, one a line, at most 5,000; blank lines and repetitions are fine.")
    wiki: str | None = optional("The wiki of titles; the home wiki unless given. An address says it itself.")


@accepted
class RemoveAvailableArticleInput:
    """An article to offer no more."""

    id: strawberry.ID = said("The available article.")


@accepted
class ClaimArticleInput:
    """An available article that one wants to write."""

    id: strawberry.ID = said("The available article.")


@accepted
class ReleaseArticleInput:
    """An assignment of one's own to give back."""

    id: strawberry.ID = said("The assignment.")
