# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be followed. Each field finds what is meant, follows it, and converts what it is told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, cast

import strawberry

from graph import activity
from graph.errors import ErrorCode, UserFault
from graph.resolvers import reading, upstream, watching
from graph.resolvers.rights import Sight, always
from graph.resolvers.watching import Place, Reached, StillAllowed, Told
from graph.schema import ids
from graph.schema.arguments import argument
from graph.schema.context import Info, Telling
from graph.schema.cursors import decode_activity, encode_activity
from graph.schema.fields import prose
from graph.schema.types_activity import (
    Activity,
    CardHidden,
    CardShown,
    EditCounted,
    EditRetracted,
    EditReverted,
    HistoryChanged,
    MilestoneReached,
    SnapshotRequired,
)
from graph.schema.types_numbers import Metrics
from graph.schema.types_service import ServiceStatus

Slug = Annotated[str, argument("Its name in addresses.")]
SessionId = Annotated[strawberry.ID, argument("The session.")]
After = Annotated[
    str | None, argument("Begin with what came after this cursor; without it, with what comes from now on.")
]
Entries = AsyncGenerator[Activity, None]


async def program_metrics(info: Info, slug: Slug) -> AsyncGenerator[Metrics, None]:
    """A program's numbers now, then each newer version; versions in between may be skipped, the newest never is."""
    program_id, allowed = await _program(info, slug)
    async for numbers in watching.follow_metrics(info.context.deps, program_id, allowed):
        yield Metrics.of(numbers)


async def campaign_metrics(info: Info, slug: Slug) -> AsyncGenerator[Metrics, None]:
    """A campaign's numbers now, then each newer version; versions in between may be skipped, the newest never is."""
    async for numbers in watching.follow_metrics(info.context.deps, await _campaign(info, slug), always):
        yield Metrics.of(numbers)


async def organization_metrics(info: Info, slug: Slug) -> AsyncGenerator[Metrics, None]:
    """An organization's numbers now, then each newer version; as for a campaign."""
    found = await info.context.loaders.organizations_by_slug.load(slug)
    if found is None:
        raise UserFault(ErrorCode.NOT_FOUND, "There is no such organization.", ("slug",))
    async for numbers in watching.follow_metrics(info.context.deps, found.id, always):
        yield Metrics.of(numbers)


async def session_metrics(info: Info, id: SessionId) -> AsyncGenerator[Metrics, None]:  # noqa: A002 - the contract's name
    """A session's numbers now, then each newer version; versions in between may be skipped, the newest never is."""
    session_id, allowed = await _session(info, id)
    async for numbers in watching.follow_metrics(info.context.deps, session_id, allowed):
        yield Metrics.of(numbers)


async def program_activity(info: Info, slug: Slug, after: After = None) -> Entries:
    """Every edit a program counts live, in order, each once for as long as it counts.

    An edit that was taken back and counts again is announced anew. With `after`, first all that came since that
    cursor, then the live ones; a cursor too old to serve (over 24 hours) gives SnapshotRequired and ends the stream.
    History (backfill, re-evaluation) comes as one HistoryChanged a batch. For private programs the right is checked
    at every message.
    """
    program_id, allowed = await _program(info, slug)
    async for entry in _entries(info, program_id, after, allowed):
        yield entry


async def campaign_activity(info: Info, slug: Slug, after: After = None) -> Entries:
    """Every edit a campaign's public programs count live; as for a program, each once though two of them count it."""
    async for entry in _entries(info, await _campaign(info, slug), after, always):
        yield entry


async def session_activity(info: Info, id: SessionId, after: After = None) -> Entries:  # noqa: A002 - the contract's name
    """Every edit a session counts live; as for a program."""
    session_id, allowed = await _session(info, id)
    async for entry in _entries(info, session_id, after, allowed):
        yield entry


async def service(info: Info) -> AsyncGenerator[ServiceStatus, None]:
    """How the service is: at once, and at least every 5 seconds. A silent connection is a dead one."""
    async for _ in watching.tick():
        yield ServiceStatus.of(await upstream.status(info.context.deps))


async def _program(info: Info, slug: str) -> tuple[int, StillAllowed]:
    program = await info.context.loaders.programs_by_slug.load(slug)
    if program is None:
        raise UserFault(ErrorCode.NOT_FOUND, "There is no such program.", ("slug",))
    return await _followed(info, program.id, program.id)


async def _campaign(info: Info, slug: str) -> int:
    campaign = await info.context.loaders.campaigns_by_slug.load(slug)
    if campaign is None:
        raise UserFault(ErrorCode.NOT_FOUND, "There is no such campaign.", ("slug",))
    return campaign.id


async def _session(info: Info, text: str) -> tuple[int, StillAllowed]:
    session = await info.context.loaders.sessions_by_id.load(ids.number(text, ids.Kind.SESSION, "id"))
    if session is None:
        raise UserFault(ErrorCode.NOT_FOUND, "There is no such session.", ("id",))
    return await _followed(info, session.id, session.program_id)


async def _followed(info: Info, number: int, program_id: int) -> tuple[int, StillAllowed]:
    """The collection to follow for a program or a session of it, and what is asked before each message."""
    deps, actor = info.context.deps, info.context.actor
    collection = (await reading.Reader(deps, actor).counted_for([number]))[number]
    return collection, partial(Sight(deps, actor).still_counted_for, number, program_id, collection)


async def _entries(info: Info, collection_id: int, after: str | None, allowed: StillAllowed) -> AsyncIterator[Activity]:
    sight = Sight(info.context.deps, info.context.actor)
    async with aclosing(_told(info, collection_id, after, allowed)) as all_told:
        async for told in all_told:
            if isinstance(told, Reached):  # for whoever executes this, who takes it out again
                yield cast(Any, told)
            elif (entry := await _converted(told, sight)) is not None:
                yield entry


def _told(
    info: Info, collection_id: int, after: str | None, allowed: StillAllowed
) -> AsyncGenerator[Told | Reached, None]:
    deps, telling = info.context.deps, info.context.telling
    if telling is Telling.LIVE:
        return watching.follow_live(deps, collection_id, allowed)
    resumed = info.context.last_event_id or after
    place = None if resumed is None else Place(*decode_activity(resumed))
    if telling is Telling.PAGE and place is not None:
        return watching.read_page(deps, collection_id, place, allowed)
    return watching.follow_activity(deps, collection_id, place, allowed)


async def _converted(told: Told, sight: Sight) -> Activity | None:
    cursor = encode_activity(told.place.epoch, told.place.number)
    match told.entry:
        case activity.EditCounted() as entry:
            return EditCounted.of(entry, cursor, await sight.programs(entry.program_ids), told.metrics)
        case activity.EditRetracted() as entry:
            return EditRetracted.of(entry, cursor, told.metrics)
        case activity.EditReverted() as entry:
            return EditReverted.of(entry, cursor, told.metrics)
        case activity.CardHidden() | activity.CardShown() as entry:
            return _of_card(entry, cursor)
        case activity.HistoryChanged() as entry:
            return HistoryChanged.of(entry, cursor, told.metrics)
        case activity.MilestoneReached() as entry:
            programs = await sight.programs([entry.program_id])
            return MilestoneReached.of(entry, cursor, programs[0]) if programs else None
        case activity.SnapshotRequired():
            return SnapshotRequired(cursor=cursor)


def _of_card(entry: activity.CardHidden | activity.CardShown, cursor: str) -> CardHidden | CardShown:
    return CardHidden.of(entry, cursor) if isinstance(entry, activity.CardHidden) else CardShown.of(entry, cursor)


@strawberry.type(description="What can be followed, over graphql-transport-ws or Server-Sent Events.")
class Subscription:
    """The root of subscriptions."""

    program_metrics = strawberry.subscription(program_metrics, description=prose(program_metrics))
    campaign_metrics = strawberry.subscription(campaign_metrics, description=prose(campaign_metrics))
    organization_metrics = strawberry.subscription(organization_metrics, description=prose(organization_metrics))
    session_metrics = strawberry.subscription(session_metrics, description=prose(session_metrics))
    program_activity = strawberry.subscription(program_activity, description=prose(program_activity))
    campaign_activity = strawberry.subscription(campaign_activity, description=prose(campaign_activity))
    session_activity = strawberry.subscription(session_activity, description=prose(session_activity))
    service = strawberry.subscription(service, description=prose(service))
