# SPDX-License-Identifier: GPL-3.0-or-later
"""One statement a level: what many fields ask for in the same moment is asked for together.

Loaders live as long as one execution and remember nothing: a mutation's payload, or the next event of a subscription,
must never see what was read before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from graph.activity import Article, LedgerEdit
from graph.paging import (
    ArticleQuery,
    AssignmentQuery,
    AvailableQuery,
    CampaignQuery,
    EditorQuery,
    EditQuery,
    OrganizationQuery,
    Page,
    ProgramQuery,
    Slice,
    UploadQuery,
    Within,
)
from graph.permissions import ProgramPermissions
from graph.programs import (
    Assignment,
    Campaign,
    Editor,
    Enrollment,
    Goal,
    Organization,
    Program,
    Session,
    TrackedWiki,
    WantedArticle,
)
from graph.resolvers import (
    alerts,
    organizing_cohorts,
    organizing_scopes,
    reading,
    reading_assignments,
    reading_lists,
    reading_numbers,
    tokens,
    updating,
)
from graph.resolvers.alerts import Alert
from graph.resolvers.deps import Deps
from graph.resolvers.identity import Actor
from graph.resolvers.organizing_cohorts import PendingName
from graph.resolvers.organizing_scopes import Scope
from graph.resolvers.reading import EditKey, ListedArticle, Participant, Reader, Upload
from graph.resolvers.reading_assignments import ArticleState
from graph.resolvers.timelines import TimeBucket
from graph.resolvers.tokens import ScreenToken
from graph.resolvers.updating import ShownUpdate
from graph.schema.batches import Loader
from graph.tallies import Metrics, TimelinePoint, WikiMetrics

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Place = tuple[int, int]
Span = tuple[int, TimeBucket, datetime | None, datetime | None]


class Loaders:
    """Everything that can be asked for together; made anew for each execution."""

    def __init__(self, deps: Deps, actor: Actor) -> None:
        reader = Reader(deps, actor)
        self.read = reader.read
        self._find(deps, actor)
        self._belong(deps, actor, reader)
        self._count(deps, reader)
        self._list_nouns(deps, actor)
        self._list_contributions(deps, actor, reader)
        self._list_assignments(deps, actor)

    def _find(self, deps: Deps, actor: Actor) -> None:
        """Single things by number, slug or name."""
        self.programs_by_id: Loader[int, Program | None] = _found(partial(reading.programs_by_id, deps, actor))
        self.programs_by_slug: Loader[str, Program | None] = _found(partial(reading.programs_by_slug, deps, actor))
        self.campaigns_by_id: Loader[int, Campaign | None] = _found(partial(reading.campaigns_by_id, deps))
        self.campaigns_by_slug: Loader[str, Campaign | None] = _found(partial(reading.campaigns_by_slug, deps))
        self.organizations_by_id: Loader[int, Organization | None] = _found(partial(reading.organizations_by_id, deps))
        self.organizations_by_slug: Loader[str, Organization | None] = _found(
            partial(reading.organizations_by_slug, deps)
        )
        self.sessions_by_id: Loader[int, Session | None] = _found(partial(reading.sessions_by_id, deps, actor))
        self.scopes_by_id: Loader[int, Scope | None] = _found(partial(organizing_scopes.scopes_by_id, deps, actor))
        self.editors_by_id: Loader[int, Editor | None] = _found(partial(reading.editors_by_id, deps, actor))
        self.editors_by_name: Loader[str, Editor | None] = _found(partial(reading.editors_by_name, deps, actor))
        self.articles_by_id: Loader[int, Article | None] = _found(partial(reading.articles_by_id, deps, actor))
        self.edits_by_key: Loader[EditKey, LedgerEdit | None] = _found(partial(reading.edits_by_key, deps, actor))
        self.uploads_by_id: Loader[int, Upload | None] = _found(partial(reading.uploads_by_id, deps, actor))

    def _belong(self, deps: Deps, actor: Actor, reader: Reader) -> None:
        """What belongs to something."""
        self.sessions: Loader[int, list[Session]] = _there(partial(reading.sessions_of, deps))
        self.scopes: Loader[int, list[Scope]] = _there(partial(organizing_scopes.scopes_of, deps))
        self.without_articles: Loader[int, bool] = _there(partial(organizing_scopes.without_articles, deps))
        self.hidden_cards: Loader[int, list[EditKey]] = _there(partial(reading.hidden_cards_of, deps))
        self.tracked_wikis: Loader[int, list[TrackedWiki]] = _there(partial(reading.tracked_wikis_of, deps))
        self.volunteers: Loader[int, list[Enrollment]] = _there(partial(reading.volunteers, deps))
        self.own_parts: Loader[int, list[Enrollment]] = _there(partial(reading.own_parts, deps, actor))
        self.updates: Loader[int, ShownUpdate | None] = _found(partial(updating.of_programs, deps, reader))
        self.alerts: Loader[Program, list[Alert] | None] = _there(partial(alerts.of_programs, deps, actor, reader))
        self.goals: Loader[int, list[Goal]] = _there(_noting(self.read, partial(reading.goals_of, deps)))
        self.permissions: Loader[Program, ProgramPermissions] = _there(partial(reading.permissions, deps, actor))
        self.screen_tokens: Loader[Program, list[ScreenToken] | None] = _there(
            partial(tokens.screen_tokens, deps, actor)
        )
        self.pending_names: Loader[Program, list[PendingName] | None] = _there(
            partial(organizing_cohorts.pending_names, deps, actor)
        )
        self.article_editors: Loader[Place, list[Editor]] = _there(partial(reading.article_editors, deps, reader))
        self.people: Loader[tuple[int, Within], list[Editor]] = _asked(partial(reading.in_charge, deps))
        self.may_edit: Loader[tuple[int, Within], bool] = _asked(partial(reading.may_edit, deps, actor))

    def _count(self, deps: Deps, reader: Reader) -> None:
        """Numbers."""
        numbers = reading_numbers
        self.metrics: Loader[tuple[int, str | None, int | None], Metrics] = _asked(
            partial(numbers.metrics, deps, reader)
        )
        self.wiki_metrics: Loader[tuple[int, bool], list[WikiMetrics]] = _asked(
            partial(numbers.metrics_by_wiki, deps, reader)
        )
        self.timelines: Loader[Span, list[TimelinePoint]] = _asked(partial(numbers.timeline, deps, reader))
        self.last_edits: Loader[Place, datetime | None] = _found(_noting(self.read, partial(numbers.last_edits, deps)))

    def _list_nouns(self, deps: Deps, actor: Actor) -> None:
        """Lists of programs, campaigns and organizations, and how long they are."""
        lists = reading_lists
        self.programs: Loader[tuple[int, ProgramQuery, Slice], Page[Program]] = _asked(
            partial(lists.programs, deps, actor)
        )
        self.program_counts: Loader[tuple[int, ProgramQuery], int] = _asked(partial(lists.count_programs, deps, actor))
        self.campaigns: Loader[tuple[int, CampaignQuery, Slice], Page[Campaign]] = _asked(
            partial(lists.campaigns, deps, actor)
        )
        self.campaign_counts: Loader[tuple[int, CampaignQuery], int] = _asked(
            partial(lists.count_campaigns, deps, actor)
        )
        self.organizations: Loader[tuple[int, OrganizationQuery, Slice], Page[Organization]] = _asked(
            partial(lists.organizations, deps, actor)
        )
        self.organization_counts: Loader[tuple[int, OrganizationQuery], int] = _asked(
            partial(lists.count_organizations, deps, actor)
        )

    def _list_contributions(self, deps: Deps, actor: Actor, reader: Reader) -> None:
        """Lists of editors, articles, edits and uploads, and how long they are."""
        lists = reading_lists
        self.participants: Loader[tuple[int, EditorQuery, Slice], Page[Participant]] = _asked(
            _noting(self.read, partial(lists.participants, deps, actor))
        )
        self.participant_counts: Loader[tuple[int, EditorQuery], int] = _asked(
            _noting(self.read, partial(lists.count_participants, deps, actor))
        )
        self.articles: Loader[tuple[int, ArticleQuery, Slice], Page[ListedArticle]] = _asked(
            partial(lists.articles, deps, reader)
        )
        self.article_counts: Loader[tuple[int, ArticleQuery], int] = _asked(partial(lists.count_articles, deps, reader))
        self.edits: Loader[tuple[int, EditQuery, Slice], Page[LedgerEdit]] = _asked(partial(lists.edits, deps, reader))
        self.edit_counts: Loader[tuple[int, EditQuery], int] = _asked(partial(lists.count_edits, deps, reader))
        self.uploads: Loader[tuple[int, UploadQuery, Slice], Page[Upload]] = _asked(
            partial(lists.uploads, deps, reader)
        )
        self.upload_counts: Loader[tuple[int, UploadQuery], int] = _asked(partial(lists.count_uploads, deps, reader))

    def _list_assignments(self, deps: Deps, actor: Actor) -> None:
        """Lists of assignments and available articles, and how these articles stand."""
        lists = reading_assignments
        self.assignments: Loader[tuple[int, AssignmentQuery, Slice], Page[Assignment]] = _asked(
            partial(lists.assignments, deps, actor)
        )
        self.assignment_counts: Loader[tuple[int, AssignmentQuery], int] = _asked(
            partial(lists.count_assignments, deps, actor)
        )
        self.editor_assignments: Loader[tuple[int, int, Slice], Page[Assignment]] = _asked(
            partial(lists.assignments_of, deps, actor)
        )
        self.editor_assignment_counts: Loader[tuple[int, int], int] = _asked(
            partial(lists.count_assignments_of, deps, actor)
        )
        self.available: Loader[tuple[int, AvailableQuery, Slice], Page[WantedArticle]] = _asked(
            partial(lists.available, deps, actor)
        )
        self.available_counts: Loader[tuple[int, AvailableQuery], int] = _asked(
            partial(lists.count_available, deps, actor)
        )
        self.article_states: Loader[int, ArticleState | None] = _found(partial(lists.states, deps, actor))


def _noting(read: set[int], ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``ask``, writing down the collections it is asked about: its parents, or the first of each place."""

    async def noted(parents: list[Any], *question: Any) -> Any:
        read.update(parent[0] if isinstance(parent, tuple) else parent for parent in parents)
        return await ask(parents, *question)

    return noted


def _found(ask: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> Loader[K, V | None]:
    """A loader of single values; None for a key without one."""

    async def load(keys: list[K]) -> list[V | None]:
        known = await ask(list(dict.fromkeys(keys)))
        return [known.get(key) for key in keys]

    return Loader(load)


def _there(ask: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> Loader[K, V]:
    """A loader of values that every key has."""

    async def load(keys: list[K]) -> list[V]:
        known = await ask(list(dict.fromkeys(keys)))
        return [known[key] for key in keys]

    return Loader(load)


def _asked(ask: Callable[..., Awaitable[Mapping[int, V]]]) -> Loader[Any, V]:
    """A loader whose keys are a parent and a question; each question is put once, for all its parents."""

    async def answer(question: tuple[Any, ...], parents: list[int]) -> Mapping[int, V] | Exception:
        try:
            return await ask(parents, *question)
        except Exception as error:
            return error

    async def load(keys: list[tuple[Any, ...]]) -> list[V | BaseException]:
        questions: dict[tuple[Any, ...], dict[int, None]] = {}
        for parent, *question in keys:
            questions.setdefault(tuple(question), {})[parent] = None
        answers = await asyncio.gather(*(answer(question, list(parents)) for question, parents in questions.items()))
        known = dict(zip(questions, answers, strict=True))
        return [_pick(known[tuple(question)], parent) for parent, *question in keys]

    return Loader(load)


def _pick(answer: Mapping[int, V] | Exception, parent: int) -> V | BaseException:
    return answer if isinstance(answer, Exception) else answer[parent]
