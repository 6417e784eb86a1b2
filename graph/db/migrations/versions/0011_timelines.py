# SPDX-License-Identifier: GPL-3.0-or-later
"""timelines: days, weeks and months of collections, and who was active on which day; articles by bytes from an index"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_DAYS = """
INSERT INTO editor_day_tally (editor_id, day, set_id, edits)
SELECT editor_id, (at AT TIME ZONE 'UTC')::date, set_id, count(*) FROM edit WHERE set_id <> 0 GROUP BY 1, 2, 3
"""
# A generation still in the making is given up and begun anew by the next worker.
_BUCKETS = """
INSERT INTO timeline_tally (generation, width, begins, edits, active_editors, bytes_added, articles_created)
SELECT generation, width, begins, sum(edits), count(*), sum(bytes_added), sum(created) FROM (
    SELECT k.generation, b.width, b.begins, e.editor_id, count(*) AS edits,
        coalesce(sum(e.byte_change) FILTER (WHERE e.byte_change > 0 AND t.holds), 0) AS bytes_added,
        count(*) FILTER (WHERE e.created AND NOT e.redirect AND t.holds) AS created
    FROM edit e JOIN page g ON g.id = e.page_key
    JOIN set_coverage s ON s.set_id = e.set_id AND NOT s.uploads_only JOIN collection k ON k.id = s.collection_id
    CROSS JOIN LATERAL (SELECT g.wiki_id * 65536::bigint + g.namespace = ANY(s.tracked) AS holds) t
    CROSS JOIN LATERAL (SELECT e.at AT TIME ZONE 'UTC' AS at) utc
    CROSS JOIN LATERAL (VALUES (1, utc.at::date), (2, date_trunc('week', utc.at)::date),
                               (3, date_trunc('month', utc.at)::date)) AS b(width, begins)
    GROUP BY 1, 2, 3, 4) part
GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "editor_day_tally",
        sa.Column("editor_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("set_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("editor_id", "day", "set_id"),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "timeline_tally",
        sa.Column("generation", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("width", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("begins", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("edits", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("active_editors", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes_added", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("articles_created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("generation", "width", "begins"),
        postgresql_with={"fillfactor": "80"},
    )
    op.add_column(
        "article_tally",
        sa.Column(
            "bytes_rank",
            sa.SmallInteger(),
            sa.Computed("floor(ln(greatest(bytes_added, 0)::float8 + 1) * 1.4426950408889634)::smallint", True),
        ),
    )
    op.create_index("article_tally_by_bytes", "article_tally", ["generation", "bytes_rank"])
    op.execute(_DAYS)
    op.execute(_BUCKETS)
