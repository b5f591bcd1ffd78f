"""The ledger of what calls of the provider cost, the meters of what was used of each budget, and links to see them.

And how many messages of a conversation no longer fitted into the model.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make them. The estimate of a prompt, kept for replies whose process dies, stands in the ledger from now on.

    An answer tells how many messages its model was not told; of those that are there, nobody knows.
    """
    op.create_table(
        "ledger",
        sa.Column("reserved_at", sa.BigInteger, nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("book", sa.String(16), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("visitor_id", sa.String(32)),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("model_id", sa.Text, nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger),
        sa.Column("completion_tokens", sa.BigInteger),
        sa.Column("reserved_nano_usd", sa.BigInteger, nullable=False),
        sa.Column("charged_nano_usd", sa.BigInteger, nullable=False),
        sa.Column("price_as_of", sa.String(10)),
        sa.Column("owner", sa.String(32)),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("source", sa.String(16)),
        sa.Column("cost_nano_usd", sa.BigInteger),
        sa.Column("cached_tokens", sa.BigInteger),
        sa.Column("cache_write_tokens", sa.BigInteger),
        sa.Column("reasoning_tokens", sa.BigInteger),
        sa.Column("answered_by", sa.Text),
        sa.Column("provider_request_id", sa.Text),
        sa.PrimaryKeyConstraint("reserved_at", "id"),
        sqlite_with_rowid=False,
    )
    for name, column in (("ledger_open", "owner"), ("ledger_of_a_visitor", "visitor_id")):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "ledger", [column], sqlite_where=there, postgresql_where=there)
    op.create_table(
        "meters",
        sa.Column("book", sa.String(16), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("nano_usd", sa.BigInteger, nullable=False),
        sa.Column("minute_at", sa.BigInteger, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("open_replies", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("book", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "usage_links",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.drop_column("messages", "prompt_tokens")
    op.add_column("messages", sa.Column("left_out", sa.Integer))
