# SPDX-License-Identifier: GPL-3.0-or-later
"""What a live screen is told, as the API shows it."""

from __future__ import annotations

from typing import Annotated, ClassVar

import strawberry

from graph import activity, tallies
from graph import programs as nouns
from graph.activity import RetractionReason
from graph.schema import ids
from graph.schema.fields import described, said
from graph.schema.types_content import Edit
from graph.schema.types_numbers import Goal, Metrics
from graph.schema.types_program import Program

_CURSOR = "The place in the activity: continue after it with `after`."


@described
class EditCounted:
    """An edit began to count."""

    cursor: str = said(_CURSOR)
    edit: Edit = said("The edit.")
    programs: list[Program] = said("The programs that count it, as far as the subscriber may see them.", viewers=True)
    metrics: Metrics = said("The numbers of what is subscribed to, when this was sent.")

    @classmethod
    def of(
        cls, value: activity.EditCounted, cursor: str, programs: list[nouns.Program], metrics: tallies.Metrics
    ) -> EditCounted:
        """The entry as the API shows it."""
        return cls(
            cursor=cursor,
            edit=Edit.of(value.edit),
            programs=[Program.of(program) for program in programs],
            metrics=Metrics.of(metrics),
        )


@described
class EditRetracted:
    """An edit no longer counts, or may no longer be shown: take it off the screen."""

    cursor: str = said(_CURSOR)
    edit_id: strawberry.ID = said("The id of the edit.")
    reason: RetractionReason = said("Why.")
    metrics: Metrics = said("The numbers of what is subscribed to, when this was sent.")

    @classmethod
    def of(cls, value: activity.EditRetracted, cursor: str, metrics: tallies.Metrics) -> EditRetracted:
        """The entry as the API shows it."""
        return cls(
            cursor=cursor,
            edit_id=ids.encode_edit(value.wiki, value.revision_id),
            reason=value.reason,
            metrics=Metrics.of(metrics),
        )


@described
class EditReverted:
    """A counted edit was reverted on its wiki: mark it. It stays counted."""

    cursor: str = said(_CURSOR)
    edit_id: strawberry.ID = said("The id of the edit.")
    metrics: Metrics = said("The numbers of what is subscribed to, when this was sent.")

    @classmethod
    def of(cls, value: activity.EditReverted, cursor: str, metrics: tallies.Metrics) -> EditReverted:
        """The entry as the API shows it."""
        return cls(cursor=cursor, edit_id=ids.encode_edit(value.wiki, value.revision_id), metrics=Metrics.of(metrics))


@described
class CardHidden:
    """Whoever runs a program took an edit off its live screens: show it no more. It stays counted."""

    cursor: str = said(_CURSOR)
    edit_id: strawberry.ID = said("The id of the edit.")

    @classmethod
    def of(cls, value: activity.CardHidden, cursor: str) -> CardHidden:
        """The entry as the API shows it."""
        return cls(cursor=cursor, edit_id=ids.encode_edit(value.wiki, value.revision_id))


@described
class CardShown:
    """Whoever runs a program put an edit that was hidden on its live screens again: fetch the lists anew."""

    cursor: str = said(_CURSOR)
    edit_id: strawberry.ID = said("The id of the edit.")

    @classmethod
    def of(cls, value: activity.CardShown, cursor: str) -> CardShown:
        """The entry as the API shows it."""
        return cls(cursor=cursor, edit_id=ids.encode_edit(value.wiki, value.revision_id))


@described
class HistoryChanged:
    """So many edits were counted or taken back at once: fetch the lists anew if they are shown."""

    cursor: str = said(_CURSOR)
    counted: int = said("How many edits began to count.")
    retracted: int = said("How many no longer count.")
    metrics: Metrics = said("The numbers of what is subscribed to, when this was sent.")

    @classmethod
    def of(cls, value: activity.HistoryChanged, cursor: str, metrics: tallies.Metrics) -> HistoryChanged:
        """The entry as the API shows it."""
        return cls(cursor=cursor, counted=value.counted, retracted=value.retracted, metrics=Metrics.of(metrics))


@described
class MilestoneReached:
    """A program reached a goal."""

    cursor: str = said(_CURSOR)
    program: Program = said("The program.")
    goal: Goal = said("The goal.")
    edit: Edit | None = said("The edit that did it, where one alone did.")

    @classmethod
    def of(cls, value: activity.MilestoneReached, cursor: str, program: nouns.Program) -> MilestoneReached:
        """The entry as the API shows it."""
        return cls(
            cursor=cursor,
            program=Program.of(program),
            goal=Goal.of(value.goal),
            edit=None if value.edit is None else Edit.of(value.edit),
        )


@described
class SnapshotRequired:
    """The cursor is too old to serve: fetch everything anew, then follow from this cursor. The stream ends."""

    ENDS: ClassVar[bool] = True
    cursor: str = said("Where to follow from, once everything was fetched.")


Activity = Annotated[
    EditCounted
    | EditRetracted
    | EditReverted
    | CardHidden
    | CardShown
    | HistoryChanged
    | MilestoneReached
    | SnapshotRequired,
    strawberry.union("Activity", description="What happens in a program, campaign or session, as it happens."),
]
