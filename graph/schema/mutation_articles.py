# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing which articles count."""

from __future__ import annotations

from graph.resolvers import organizing_articles, organizing_scopes
from graph.schema import inputs
from graph.schema.changing import mutation
from graph.schema.fields import described
from graph.schema.ids import Kind
from graph.schema.payloads import ArticleTrackingPayload
from graph.schema.payloads_scopes import RefreshScopesPayload, ScopePayload


@described
class ArticleMutation:
    """Changes of which articles count."""

    add_scope: ScopePayload = mutation(
        """Adds articles that count in an article-scoped program. They are read in the background, at once; see
        `scope.state`.""",
        inputs.AddScopeInput,
        organizing_scopes.add_scope,
        ScopePayload,
        ScopePayload.made,
    )
    remove_scope: ScopePayload = mutation(
        "Removes a scope; what counts is decided anew.",
        inputs.RemoveScopeInput,
        organizing_scopes.remove_scope,
        ScopePayload,
        ScopePayload.of,
        of=Kind.SCOPE,
    )
    refresh_scopes: RefreshScopesPayload = mutation(
        """Reads the scopes of a program anew, now. Where that waits or runs already nothing more is begun; see
        `program.scopes`.""",
        inputs.RefreshScopesInput,
        organizing_scopes.refresh_scopes,
        RefreshScopesPayload,
        RefreshScopesPayload.of,
    )
    exclude_article: ArticleTrackingPayload = mutation(
        "Leaves an article out of a program's numbers. It stays listed as excluded. Harmless when repeated.",
        inputs.ArticleTrackingInput,
        organizing_articles.exclude_article,
        ArticleTrackingPayload,
        ArticleTrackingPayload.of,
    )
    include_article: ArticleTrackingPayload = mutation(
        "Takes an excluded article in again. Harmless when repeated.",
        inputs.ArticleTrackingInput,
        organizing_articles.include_article,
        ArticleTrackingPayload,
        ArticleTrackingPayload.of,
    )
