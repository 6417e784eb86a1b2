# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing what is to be written, and by whom."""

from __future__ import annotations

from graph.resolvers import organizing_assignments
from graph.schema import inputs_assignments as inputs
from graph.schema.changing import mutation
from graph.schema.fields import described
from graph.schema.ids import Kind
from graph.schema.payloads_assignments import AssignmentPayload, AvailableArticlesPayload


@described
class AssignmentMutation:
    """Changes of assignments and available articles."""

    assign_article: AssignmentPayload = mutation(
        """Assigns an article to one of a program's editors, to write or to review. Several may have the same. What
        counts does not change, unless the program's scope are its assigned articles. Harmless when repeated.""",
        inputs.AssignArticleInput,
        organizing_assignments.assign_article,
        AssignmentPayload,
        AssignmentPayload.made,
    )
    unassign_article: AssignmentPayload = mutation(
        "Takes an article from whom it is assigned to.",
        inputs.UnassignArticleInput,
        organizing_assignments.unassign_article,
        AssignmentPayload,
        AssignmentPayload.of,
        of=Kind.ASSIGNMENT,
    )
    add_available_articles: AvailableArticlesPayload = mutation(
        """Offers articles to a program's editors, as pasted: each line is added, known already, or refused, and keeps
        no other from being added.""",
        inputs.AddAvailableArticlesInput,
        organizing_assignments.add_available_articles,
        AvailableArticlesPayload,
        AvailableArticlesPayload.made,
    )
    remove_available_article: AvailableArticlesPayload = mutation(
        "Offers an article no more. Whoever claimed it keeps it.",
        inputs.RemoveAvailableArticleInput,
        organizing_assignments.remove_available_article,
        AvailableArticlesPayload,
        AvailableArticlesPayload.of,
        of=Kind.AVAILABLE_ARTICLE,
    )
    claim_article: AssignmentPayload = mutation(
        """Lets whoever is signed in, an editor of the program, write an available article. Of several who want it one
        gets it, the others are told TAKEN. Harmless when repeated.""",
        inputs.ClaimArticleInput,
        organizing_assignments.claim_article,
        AssignmentPayload,
        AssignmentPayload.made,
        of=Kind.AVAILABLE_ARTICLE,
    )
    release_article: AssignmentPayload = mutation(
        "Gives back an article of whoever is signed in; where it is offered, it is available again.",
        inputs.ReleaseArticleInput,
        organizing_assignments.release_article,
        AssignmentPayload,
        AssignmentPayload.of,
        of=Kind.ASSIGNMENT,
    )
