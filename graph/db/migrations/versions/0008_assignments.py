# SPDX-License-Identifier: GPL-3.0-or-later
"""assignments: the articles that programs want, and who writes or reviews them"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "wanted_article",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _of("program_id", "program.id"),
        sa.Column("wiki_id", sa.SmallInteger(), sa.ForeignKey("wiki.id"), nullable=False),
        sa.Column("namespace", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("located_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("wanted_article_title", "wanted_article", ["program_id", "wiki_id", "title"], unique=True)
    op.create_index("wanted_article_located", "wanted_article", ["located_at"])
    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _of("article_id", "wanted_article.id"),
        _of("program_id", "program.id"),
        _of("editor_id", "editor.id"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("claimed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("assignment_once", "assignment", ["article_id", "editor_id", "role"], unique=True)
    op.create_index("assignment_of_editor", "assignment", ["editor_id", "program_id"])
    op.create_index("ix_assignment_program_id", "assignment", ["program_id"])


def _of(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target, ondelete="CASCADE"), nullable=False)
