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
    # A generation in the making has coverage before it is anybody's.
    op.drop_constraint("set_coverage_collection_id_fkey", "set_coverage")
    op.create_table(
        "generation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("collection_id", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collection_id"], ["collection.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("collection_id"),
    )
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
