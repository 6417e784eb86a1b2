# SPDX-License-Identifier: GPL-3.0-or-later
"""How reading history gets on, as the API shows it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graph.resolvers import updating
from graph.resolvers.updating import JobKind, UpdateState
from graph.schema import ids
from graph.schema.fields import described, said
from graph.schema.scalars import BigInt


@described
class Drift:
    """What the stream had not told or told wrongly, and was mended from the wikis' own lists, in edits."""

    added: BigInt = said("Edits that were missing.")
    changed: BigInt = said("Edits that counted otherwise, such as those reverted since.")
    taken_back: BigInt = said("Edits that were gone from the wikis.")

    @classmethod
    def of(cls, value: updating.Drift) -> Drift:
        """The drift as the API shows it."""
        return cls(added=BigInt(value.added), changed=BigInt(value.changed), taken_back=BigInt(value.taken_back))


@described
class ProgramUpdate:
    """The newest reading of a program's history from the wikis' own lists.

    It happens by itself whenever somebody was enrolled late, or dates or wikis changed.
    """

    state: UpdateState = said("How far it is; one that failed may be tried again by itself.")
    done: int = said("How many editors were read, each counted once for each wiki.")
    total: int = said("How many editors there are to be read, each counted once for each wiki.")
    edits: int | None = said("How many contributions were read; null where that would tell of nameless participants.")
    requested_at: datetime | None = said("When it was asked for last.")
    started_at: datetime | None = said("When it began.")
    finished_at: datetime | None = said("When it was done; null before.")
    error: str | None = said("Why it failed; null where it did not.")
    reconciled_at: datetime | None = said("When the program was last compared with the wikis' own lists.")
    drift: Drift | None = said(
        "All that such comparisons ever had to mend; null where that would tell of nameless participants."
    )

    @classmethod
    def of(cls, shown: updating.ShownUpdate) -> ProgramUpdate:
        """The update as the API shows it."""
        value = shown.update
        return cls(
            state=value.state,
            done=value.done,
            total=value.total,
            edits=value.edits if shown.counts else None,
            requested_at=value.requested_at,
            started_at=value.started_at,
            finished_at=value.finished_at,
            error=value.error,
            reconciled_at=value.reconciled_at,
            drift=Drift.of(value.drift) if shown.counts else None,
        )


@described
class DeadLetter:
    """A job that failed too often to be tried again by itself."""

    id: strawberry.ID = said("Its id.")
    kind: JobKind = said("What was to be done.")
    program_id: strawberry.ID = said("The id of the program it was for.")
    failures: int = said("How often it failed.")
    asked_at: datetime = said("When it was asked for.")
    failed_at: datetime = said("When it failed last.")
    error: str = said("Why it failed last.")

    @classmethod
    def of(cls, value: updating.DeadLetter) -> DeadLetter:
        """The dead letter as the API shows it."""
        return cls(
            id=ids.encode(ids.Kind.JOB, value.id),
            kind=value.kind,
            program_id=ids.encode(ids.Kind.PROGRAM, value.program_id),
            failures=value.failures,
            asked_at=value.asked_at,
            failed_at=value.failed_at,
            error=value.error,
        )
