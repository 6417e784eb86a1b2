# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections to PostgreSQL."""

from __future__ import annotations

from typing import Any, TypeAlias

import asyncpg

from graph.errors import DatabaseUnavailable

# asyncpg's own classes are generic over the record class, which nobody here varies.
Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
Pool: TypeAlias = "asyncpg.Pool[Any]"

# What a statement may raise when the server went away or is going: worth trying again, never a fault of the statement.
LOST: tuple[type[Exception], ...] = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a statement sent after the server's farewell and before its hanging up
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    DatabaseUnavailable,
)

# The planner must not compile statements that run in milliseconds; a connection whose peer died is noticed in seconds.
SERVER_SETTINGS = {
    "application_name": "programs-graph",
    "jit": "off",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


async def connect(url: str, *, smallest: int = 1, largest: int = 10) -> Pool:
    """A pool for ``url``, ready to use; at most ``largest`` connections.

    Raises DatabaseUnavailable, naming the address without its password.
    """
    try:
        return await asyncpg.create_pool(
            url, min_size=smallest, max_size=largest, command_timeout=60, server_settings=SERVER_SETTINGS
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnavailable(f"cannot reach PostgreSQL at {shown(url)}: {error}") from error


def shown(url: str) -> str:
    """``url`` without its password, fit for a message."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{user.split(':')[0]}{at}{place}"


async def connect_alone(url: str) -> asyncpg.Connection[Any]:
    """One connection outside any pool, for whoever holds a lock or listens on it.

    Raises DatabaseUnavailable as ``connect`` does.
    """
    try:
        return await asyncpg.connect(url, command_timeout=60, server_settings=SERVER_SETTINGS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise DatabaseUnavailable(f"cannot reach PostgreSQL at {shown(url)}: {error}") from error
