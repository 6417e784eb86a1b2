# SPDX-License-Identifier: GPL-3.0-or-later
"""Tallies that can be built beside those in use, and articles taken out of a program."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("collection", sa.Column("generation", sa.BigInteger(), nullable=True))
    op.execute("UPDATE collection SET generation = id")
    op.alter_column("collection", "generation", nullable=False)
    op.create_index("ix_collection_generation", "collection", ["generation"])
    for table in ("article_tally", "editor_tally", "wiki_tally"):
        op.alter_column(table, "collection_id", new_column_name="generation")
    op.add_column("article_tally", sa.Column("namespace", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE article_tally t SET namespace = p.namespace FROM page p WHERE p.id = t.page_key")
    # A generation in the making has coverage before it is anybody's.
    op.drop_constraint("set_coverage_collection_id_fkey", "set_coverage")
    op.create_table(
        "generation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=True),
        sa.Column("changes", sa.BigInteger(), nullable=True),
        sa.Column("active_editors", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("collection_id"),
    )
    op.create_table(
        "due_reassessment",
        sa.Column("program_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("program_id"),
    )
    for table in ("program", "session"):
        op.add_column(table, sa.Column("everybody_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(f"{table}_everybody_id_fkey", table, "collection", ["everybody_id"], ["id"])
        op.create_unique_constraint(f"{table}_everybody_id_key", table, ["everybody_id"])
    op.add_column("program", sa.Column("nameless_counted", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "exclusion",
        sa.Column("program_id", sa.BigInteger(), nullable=False),
        sa.Column("page_key", sa.BigInteger(), nullable=False),
        sa.Column("editor_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["page_key"], ["page.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("program_id", "page_key"),
    )
    op.create_index("ix_exclusion_page_key", "exclusion", ["page_key"])
