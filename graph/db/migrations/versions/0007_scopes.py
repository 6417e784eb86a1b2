# SPDX-License-Identifier: GPL-3.0-or-later
"""scopes: where the articles of article-scoped programs come from, and which they are; and what consumers have done"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "scope",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("program_id", sa.BigInteger(), sa.ForeignKey("program.id", ondelete="SET NULL"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("wiki_id", sa.SmallInteger(), sa.ForeignKey("wiki.id"), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _number("depth", sa.SmallInteger()),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        _number("edition"),
        sa.Column("state", sa.Text(), server_default=sa.text("'WAITING'"), nullable=False),
        _number("size"),
        _number("found"),
        _number("skipped"),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_reason", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index("scope_of_program", "scope", ["program_id", "kind", "wiki_id", "value", "depth"], unique=True)
    op.create_table(
        "scope_page",
        sa.Column("scope_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wiki_id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("namespace", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("enters", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("scope_id", "wiki_id", "namespace", "title", "enters"),
    )
    op.create_index(
        "scope_page_by_id",
        "scope_page",
        ["wiki_id", "page_id", "scope_id"],
        postgresql_where=sa.text("page_id IS NOT NULL"),
    )
    op.create_index("page_title", "page", ["wiki_id", "title"])
    for name in ("events", "matched", "batches"):
        op.add_column("stream_state", _number(name, sa.BigInteger()))
    op.add_column("stream_state", _number("batch_seconds", sa.Double()))


def _number(name: str, kind: sa.types.TypeEngine[Any] | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Integer(), server_default=sa.text("0"), nullable=False)
