# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that can be withdrawn, slugs that are given once, and admins made by admins."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("program", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("program", sa.Column("restored_visibility", sa.Text(), nullable=True))
    op.create_table(
        "admin",
        sa.Column("editor_id", sa.BigInteger(), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["editor_id"], ["editor.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("editor_id"),
    )
    op.create_table(
        "retired_slug",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
