# SPDX-License-Identifier: GPL-3.0-or-later
"""hidden cards: what whoever runs a program took off its live screens"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "hidden_card",
        sa.Column("program_id", sa.BigInteger(), sa.ForeignKey("program.id", ondelete="CASCADE"), nullable=False),
        sa.Column("wiki_id", sa.SmallInteger(), sa.ForeignKey("wiki.id"), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("editor_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "wiki_id", "revision_id"),
    )
    op.create_index("hidden_card_newest", "hidden_card", ["program_id", "at"])
