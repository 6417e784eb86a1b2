# SPDX-License-Identifier: GPL-3.0-or-later
"""cohorts: consent of those whom others enrolled, erasing, guesses of passcodes, and who gave in a pending name."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in (
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("unknown_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("pending_enrollment", column)
    op.create_index("enrollment_nameless", "enrollment", ["program_id"], postgresql_where=sa.text("NOT show_name"))
    op.create_table(
        "addition",
        _of("program"),
        _of("editor"),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "editor_id"),
    )
    op.create_index("ix_addition_editor_id", "addition", ["editor_id"])
    op.create_table(
        "erasure",
        _of("program"),
        _of("editor"),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("program_id", "editor_id"),
    )
    op.create_table(
        "passcode_guess",
        _of("editor"),
        sa.Column("wrong", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("editor_id"),
        postgresql_with={"fillfactor": "80"},
    )


def _of(table: str) -> sa.Column[int]:
    return sa.Column(f"{table}_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)
