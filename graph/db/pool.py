# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import asyncpg

from graph.errors import DatabaseUnavailable

# asyncpg's own classes are generic over the record class, which nobody here varies.
Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
Pool: TypeAlias = "asyncpg.Pool[Any]"

# What a statement may raise when the server went away, is going, has no room or chose another transaction: worth trying
# again, never a fault of the statement.
LOST: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement sent after the server's farewell and before its hanging up
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidCachedStatementError,  # a newer version has just changed the tables
    DatabaseUnavailable,
)

# How long to wait for a server that does not answer, and for one statement.
CONNECT_SECONDS = 10.0
STATEMENT_SECONDS = 60.0

# The planner must not compile statements that run in milliseconds; a connection whose peer died is noticed in seconds.
SERVER_SETTINGS = {
    "application_name": "programs-graph",
    "jit": "off",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class Kept(asyncpg.Connection):  # type: ignore[misc]  # untyped for whoever derives from it
    """A connection of a pool. Nothing is asked of the server when it is given back: that would double each statement.

    So whoever changes a session (a lock that lasts beyond its transaction, a setting) puts it right, or ends it.
    """

    def get_reset_query(self) -> str:
        """Nothing; an open transaction is rolled back all the same."""
        return ""


async def connect(url: str, *, smallest: int = 1, largest: int = 10) -> Pool:
    """A pool for ``url``, ready to use; at most ``largest`` connections.

    Raises DatabaseUnavailable, naming the address without its password.
    """
    with _reaching(url):
        return await asyncpg.create_pool(
            url,
            min_size=smallest,
            max_size=largest,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings=SERVER_SETTINGS,
            connection_class=Kept,
        )


def cannot_answer(error: BaseException) -> bool:
    """Whether this error only says that the database cannot answer now, and not that it was asked wrongly."""
    return isinstance(error, LOST) and not isinstance(error, ValueError)  # asyncpg's word for arguments that do not fit


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable(f"PostgreSQL at {shown(url)} does not answer") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnavailable(f"cannot reach PostgreSQL at {shown(url)}: {error}") from error


def shown(url: str) -> str:
    """``url`` without its password, fit for a message."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{user.split(':')[0]}{at}{place}"


async def connect_alone(url: str, *, patient: bool = False) -> asyncpg.Connection[Any]:
    """One connection outside any pool, for whoever holds a lock or listens on it.

    A statement may take as long as it needs where ``patient``, else STATEMENT_SECONDS. Raises DatabaseUnavailable as
    ``connect`` does.
    """
    with _reaching(url):
        return await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=None if patient else STATEMENT_SECONDS,
            server_settings=SERVER_SETTINGS,
        )
