# SPDX-License-Identifier: GPL-3.0-or-later
"""What mutations of scopes answer, and what looking at one before it is added does."""

from __future__ import annotations

from collections.abc import Iterable

from graph import programs as nouns
from graph.errors import UserFault
from graph.resolvers import organizing_scopes
from graph.schema.fields import described, said
from graph.schema.payloads import ProgramPayload, UserError
from graph.schema.scalars import BigInt
from graph.schema.types_program import Program
from graph.schema.types_session import Scope


@described
class ScopePayload(ProgramPayload):
    """The scope, and its program."""

    scope: Scope | None = said("The scope as it is now; null where it was removed.", default=None)

    @classmethod
    def made(cls, value: tuple[organizing_scopes.Scope, nouns.Program]) -> ScopePayload:
        """The answer of success."""
        return cls(scope=Scope.of(value[0]), program=Program.of(value[1]))


@described
class RefreshScopesPayload(ProgramPayload):
    """The program whose scopes are read anew."""


@described
class ScopePreview:
    """What a scope would come to, if it were added."""

    articles: int = said("How many articles it has.")
    edits: BigInt = said("How many of the program's edits so far are on them, and would count.")
    skipped: int = said("How many entries of the query or pile can be no page of the wiki.")
    errors: list[UserError] = said("Why that cannot be told; empty on success.", default=())

    @classmethod
    def of(cls, value: organizing_scopes.Preview) -> ScopePreview:
        """The preview as the API shows it."""
        return cls(articles=value.articles, edits=BigInt(value.edits), skipped=value.skipped)

    @classmethod
    def refused(cls, faults: Iterable[UserFault]) -> ScopePreview:
        """What is shown where there is none."""
        return cls(articles=0, edits=BigInt(0), skipped=0, errors=UserError.all_of(faults))
