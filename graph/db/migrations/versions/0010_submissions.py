# SPDX-License-Identifier: GPL-3.0-or-later
"""submissions: forms that were sent, so that none is taken twice"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "submission",
        sa.Column("editor_id", sa.BigInteger(), sa.ForeignKey("editor.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("editor_id", "name"),
    )
    op.create_index("submission_age", "submission", ["at"])
