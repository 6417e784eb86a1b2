# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic's entry: run on the connection that graph.db.migrate hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

from graph.db import (  # noqa: F401 - fill the metadata
    tables,
    tables_accounts,
    tables_assignments,
    tables_cohorts,
    tables_console,
    tables_history,
    tables_ledger,
    tables_scopes,
    tables_screens,
    tables_tallies,
    tables_timelines,
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
