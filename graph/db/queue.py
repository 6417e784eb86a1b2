# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of jobs: what a transaction leaves for the worker to do.

The queue is pgqueuer's, in the schema ``jobs``. Of its entrypoints we make one per program, each with room for one job:
that is how no two jobs of a program run at once, in however many workers. Only its scopes are read beside the others,
because that may take half an hour: they have an entrypoint of their own. The queue's key against doubles holds for a
job that runs as well as for one that waits; we take it off when a job begins, because what is asked for from then on
is not in what the job has read. docs/decisions/0010 has the reasons.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.db import AsyncpgDriver
from pgqueuer.domain.settings import DBSettings
from pgqueuer.domain.types import JOB_STATUS, Channel, JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import TracebackRecord
from pgqueuer.queries import EntrypointExecutionParameter, Queries

from graph.db import updates
from graph.db.pool import Connection

# A job whose worker has not been heard of for this long is given to another.
SILENCE = timedelta(seconds=5)
# Every name is said here: the library would otherwise read them from the environment.
SETTINGS = DBSettings(
    prefix="",
    db_schema="jobs",
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
)
_BUILDERS = (QueryBuilderEnvironment(SETTINGS), QueryQueueBuilder(SETTINGS), QuerySchedulerBuilder(SETTINGS))
LOCKS = 7_166_003  # the class of the advisory locks that order enqueueing and beginning; the other half is the program
_PROGRAMS_AT_ONCE = 100
_BESIDE = "refresh "  # before a program's number: the entrypoint of what runs beside its other jobs


class JobKind(StrEnum):
    """What is to be done for a program.

    BACKFILL reads what was never fetched; SETTLE does so once more a little later, for edits that were under way;
    RECONCILE compares with the wikis' own lists; REASSESS decides the stored edits anew; REFRESH reads which articles
    its scopes have.
    """

    BACKFILL = "backfill"
    SETTLE = "settle"
    RECONCILE = "reconcile"
    REASSESS = "reassess"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Job:
    """A job that ``worker`` took from the queue; ``failures`` is how often it failed or its worker died."""

    id: int
    kind: JobKind
    program_id: int
    failures: int
    worker: UUID


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that failed too often to be tried again by itself. ``error`` is the last of its failures."""

    id: int
    kind: JobKind
    program_id: int
    failures: int
    asked_at: datetime
    failed_at: datetime
    error: str


async def enqueue(conn: Connection, kind: JobKind, program_id: int, *, after: timedelta = timedelta(0)) -> None:
    """Leave a job for the worker, in the caller's transaction; absorbed where the same one waits already.

    It is begun when ``after`` has passed, and no other job of the program runs; REFRESH runs beside the others.
    """
    await conn.execute("SELECT pg_advisory_xact_lock_shared($1, $2)", LOCKS, lock_number(program_id))
    await _queries(conn).enqueue(
        _entrypoint(kind, program_id),
        kind.value.encode(),
        execute_after=after,
        dedupe_key=_key(kind, program_id),
        on_conflict="skip",
    )
    if kind is JobKind.BACKFILL:
        await updates.ask(conn, program_id)


# Programs with a job that may be begun, or whose worker is silent; those that waited longest first.
_READY = """
SELECT entrypoint FROM jobs.pgqueuer
WHERE (status = 'queued' AND execute_after < now() OR status = 'picked' AND heartbeat < now() - $1::interval)
  AND ($3::text[] IS NULL OR entrypoint = ANY($3))
  AND CASE WHEN starts_with(entrypoint, $4) THEN $5::bool ELSE $6::bool END
GROUP BY entrypoint ORDER BY min(execute_after) LIMIT $2
"""


async def take(
    conn: Connection, worker: UUID, most: int, *, only: Collection[int] | None = None,
    kinds: Collection[JobKind] = frozenset(JobKind),
) -> list[Job]:  # fmt: skip
    """At most ``most`` jobs (``only`` of these programs) that are this worker's from now on. Not in a transaction.

    Of ``kinds`` only this counts: whether REFRESH is one of them, and whether any other is.
    """
    names = None if only is None else [_entrypoint(kind, number) for number in only for kind in JobKind]
    beside, others = JobKind.REFRESH in kinds, bool(set(kinds) - {JobKind.REFRESH})
    rows = await conn.fetch(_READY, SILENCE, _PROGRAMS_AT_ONCE, names, _BESIDE, beside, others)
    ready = [row[0] for row in rows]
    if not ready:
        return []
    taken = await _queries(conn).dequeue(
        batch_size=most,
        entrypoints={QueueEntrypoint(name): EntrypointExecutionParameter(concurrency_limit=1) for name in ready},
        queue_manager_id=QueueManagerId(worker),
        global_concurrency_limit=None,
        heartbeat_timeout=SILENCE,
    )
    return [_job(job, worker) for job in taken]


# Without its key a job has begun before, under a worker that died.
_BEGIN = """
UPDATE jobs.pgqueuer SET attempts = attempts + (dedupe_key IS NULL)::int, dedupe_key = NULL
WHERE id = $1 AND queue_manager_id = $2 RETURNING attempts
"""


async def begin(conn: Connection, job: Job) -> Job | None:
    """The job, about to run: what is enqueued from now on is not part of it. None where it is not ours any more.

    Waits for transactions that enqueued for this program: the job sees what they wrote.
    """
    async with conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock($1, $2)", LOCKS, lock_number(job.program_id))
        failures = await conn.fetchval(_BEGIN, job.id, job.worker)
    return None if failures is None else replace(job, failures=failures)


async def beat(conn: Connection, worker: UUID, ids: Collection[int]) -> set[int]:
    """Say that these jobs are being worked on; returns those that are still this worker's."""
    await _queries(conn).update_heartbeat([JobId(number) for number in ids])
    ours = "SELECT id FROM jobs.pgqueuer WHERE id = ANY($1::bigint[]) AND status = 'picked' AND queue_manager_id = $2"
    return {row[0] for row in await conn.fetch(ours, list(ids), worker)}


async def waits(conn: Connection, kind: JobKind, program_id: int) -> bool:
    """Whether such a job waits to be begun."""
    key = _key(kind, program_id)
    return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM jobs.pgqueuer WHERE dedupe_key = $1)", key))


async def under_way(conn: Connection, kind: JobKind) -> set[int]:
    """The programs for which such a job waits or runs."""
    rows = await conn.fetch(
        "SELECT entrypoint FROM jobs.pgqueuer WHERE payload = $1 AND status IN ('queued', 'picked')",
        kind.value.encode(),
    )
    return {_program(row[0]) for row in rows}


async def hasten(conn: Connection, kind: JobKind, program_id: int) -> None:
    """Let a job that waits after a failure be begun at once."""
    await conn.execute(
        "UPDATE jobs.pgqueuer SET execute_after = now() WHERE dedupe_key = $1 AND status = 'queued'",
        _key(kind, program_id),
    )


async def finish(conn: Connection, job: Job) -> None:
    """The job is done; what was said of its failures is forgotten.

    This and the other endings do nothing to a job that another worker has by now.
    """
    async with conn.transaction():
        if await _taken_away(conn, job):
            return
        await _log(conn, job, "successful", None)
        await _forget_dead(conn, job)


async def put_back(conn: Connection, job: Job) -> None:
    """Give back a job that was interrupted, for whoever comes next; that is no failure."""
    async with conn.transaction():
        if await _taken_away(conn, job):
            return
        if await _may_wait_again(conn, job, job.failures, timedelta(0)):
            await conn.execute(
                "UPDATE jobs.pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL WHERE id = $1", job.id
            )


async def try_again(conn: Connection, job: Job, delay: timedelta, error: Exception) -> None:
    """The job failed, and may be begun again when ``delay`` has passed."""
    async with conn.transaction():
        if await _taken_away(conn, job):
            return
        if await _may_wait_again(conn, job, job.failures + 1, delay):
            for found in await _found(conn, job):
                await _queries(conn).retry_job(found, delay, TracebackRecord.from_exception(error, found.id))


async def bury(conn: Connection, job: Job, error: Exception) -> None:
    """The job failed for the last time: keep it as a dead letter, in place of an older one of its kind."""
    async with conn.transaction():
        if await _taken_away(conn, job):
            return
        await _forget_dead(conn, job)
        await conn.execute("UPDATE jobs.pgqueuer SET attempts = attempts + 1 WHERE id = $1", job.id)
        await _log(conn, job, "failed", TracebackRecord.from_exception(error, JobId(job.id)))


# A job that has begun may meet a younger one of its kind that waits: that one inherits its failures.
_INHERIT = """
UPDATE jobs.pgqueuer SET attempts = greatest(attempts, $2), execute_after = greatest(execute_after, now() + $3)
WHERE dedupe_key = $1 AND status = 'queued' RETURNING id
"""


async def _may_wait_again(conn: Connection, job: Job, failures: int, delay: timedelta) -> bool:
    """Give the job its key back; False where the same one waits already, and this one is gone."""
    key = _key(job.kind, job.program_id)
    await conn.execute("SELECT pg_advisory_xact_lock($1, $2)", LOCKS, lock_number(job.program_id))
    if await conn.fetchval(_INHERIT, key, failures, delay) is not None:
        await _log(conn, job, "canceled", None)
        return False
    await conn.execute("UPDATE jobs.pgqueuer SET dedupe_key = $2 WHERE id = $1", job.id, key)
    return True


# Terminal states are written down with the time; who was there a week ago concerns nobody.
_FORGET_LOG = """
DELETE FROM jobs.pgqueuer_log l WHERE created < now() - interval '7 days'
AND NOT EXISTS (SELECT 1 FROM jobs.pgqueuer q WHERE q.id = l.job_id)
"""


async def forget_log(conn: Connection) -> None:
    """Drop the queue's log of jobs that are long done."""
    await conn.execute(_FORGET_LOG)


_DEAD = """
SELECT q.id, q.payload, q.entrypoint, q.attempts, q.created, coalesce(l.created, q.updated) AS failed_at,
       coalesce(l.traceback ->> 'exception_message', '') AS error
FROM jobs.pgqueuer q
LEFT JOIN LATERAL (SELECT created, traceback FROM jobs.pgqueuer_log WHERE job_id = q.id AND status = 'failed'
                   ORDER BY created DESC, id DESC LIMIT 1) l ON true
WHERE q.status = 'failed' ORDER BY q.updated DESC, q.id DESC LIMIT $1
"""


async def dead_letters(conn: Connection, most: int) -> list[DeadLetter]:
    """The newest jobs that failed too often, at most ``most``."""
    return [
        DeadLetter(row[0], JobKind(row[1].decode()), _program(row[2]), row[3], row[4], row[5], row[6])
        for row in await conn.fetch(_DEAD, most)
    ]


async def revive(conn: Connection, number: int) -> bool:
    """Let a dead letter be tried again as if it were new; False where there is no such one."""
    async with conn.transaction():
        row = await conn.fetchrow(
            "DELETE FROM jobs.pgqueuer WHERE id = $1 AND status = 'failed' RETURNING payload, entrypoint", number
        )
        if row is not None:
            await enqueue(conn, JobKind(row[0].decode()), _program(row[1]))
    return row is not None


async def discard(conn: Connection, number: int) -> bool:
    """Throw a dead letter away; False where there is no such one."""
    done = await conn.execute("DELETE FROM jobs.pgqueuer WHERE id = $1 AND status = 'failed'", number)
    return bool(done != "DELETE 0")


async def _taken_away(conn: Connection, job: Job) -> bool:
    """Whether the job is not its worker's any more; as long as this transaction lasts it stays as it is."""
    found = await conn.fetchval(
        "SELECT 1 FROM jobs.pgqueuer WHERE id = $1 AND status = 'picked' AND queue_manager_id = $2 FOR UPDATE",
        job.id,
        job.worker,
    )
    return found is None


async def _forget_dead(conn: Connection, job: Job) -> None:
    await conn.execute(
        "DELETE FROM jobs.pgqueuer WHERE status = 'failed' AND entrypoint = $1 AND payload = $2",
        _entrypoint(job.kind, job.program_id),
        job.kind.value.encode(),
    )


async def _found(conn: Connection, job: Job) -> list[QueuedJob]:
    rows = await conn.fetch("SELECT * FROM jobs.pgqueuer WHERE id = $1", job.id)
    return [QueuedJob.model_validate(dict(row)) for row in rows]


async def _log(conn: Connection, job: Job, status: JOB_STATUS, record: TracebackRecord | None) -> None:
    await _queries(conn).log_jobs([(found, status, record) for found in await _found(conn, job)])


def _queries(conn: Connection) -> Queries:
    return Queries(AsyncpgDriver(conn), *_BUILDERS)


def _job(found: QueuedJob, worker: UUID) -> Job:
    kind = JobKind((found.payload or b"").decode())
    return Job(found.id, kind, _program(found.entrypoint), found.attempts, worker)


def _entrypoint(kind: JobKind, program_id: int) -> str:
    return f"{_BESIDE if kind is JobKind.REFRESH else ''}{program_id}"


def _program(entrypoint: str) -> int:
    return int(entrypoint.removeprefix(_BESIDE))


def _key(kind: JobKind, program_id: int) -> str:
    return f"{kind}:{program_id}"


def lock_number(program_id: int) -> int:
    """The half of an advisory lock's name that stands for a program: 31 bits of its number."""
    return program_id & 0x7FFF_FFFF
