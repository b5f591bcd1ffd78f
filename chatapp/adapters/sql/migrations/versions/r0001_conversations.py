"""Visitors, their conversations and messages, and what a reply needs while it is made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _visitors()
    _conversations()
    _messages()
    _replies()


def _visitors() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
    )
    op.create_table(
        "visitors",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_visitors_seen_at", "visitors", ["seen_at"])
    op.create_table(
        "new_visitors",
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("address", "hour"),
    )
    op.create_table(
        "handoffs",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("visitor_id", sa.String(32), sa.ForeignKey("visitors.id", ondelete="CASCADE"), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_handoffs_visitor_id", "handoffs", ["visitor_id"])


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("position", POSITION, primary_key=True, autoincrement=False),
        sa.Column("visitor_id", sa.String(32), sa.ForeignKey("visitors.id", ondelete="CASCADE"), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("model_id", sa.Text),
        sa.Column("system", sa.Text),
        sa.Column("leaf_id", sa.String(64)),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("visitor_id", "id"),
    )
    op.create_index(
        "conversations_listed",
        "conversations",
        ["visitor_id", sa.text("pinned DESC"), sa.text("updated_at DESC"), sa.text("id DESC")],
    )
    op.create_index("conversations_oldest", "conversations", ["visitor_id", "created_at", "id"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("position", POSITION, primary_key=True, autoincrement=False),
        sa.Column("visitor_id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("parent_id", sa.String(64)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("model_id", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("finish_reason", sa.Text),
        sa.Column("usage", sa.Text),
        sa.Column("cost", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("owner", sa.String(32)),
        sa.Column("stop_requested", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("prompt_tokens", sa.Integer),
        sa.ForeignKeyConstraint(
            ["visitor_id", "conversation_id"], ["conversations.visitor_id", "conversations.id"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("visitor_id", "id"),
    )
    op.create_index("messages_of_a_parent", "messages", ["visitor_id", "conversation_id", "parent_id", "position"])
    running = sa.text("state = 'running'")
    op.create_index("messages_running", "messages", ["owner", "id"], sqlite_where=running, postgresql_where=running)


def _replies() -> None:
    op.create_table(
        "pieces",
        sa.Column("reply_position", POSITION, sa.ForeignKey("messages.position", ondelete="CASCADE"), nullable=False),
        sa.Column("begin_at", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reply_position", "begin_at"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "asked",
        sa.Column("visitor_id", sa.String(32), sa.ForeignKey("visitors.id", ondelete="CASCADE"), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reply_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("visitor_id", "client_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("asked_of_a_reply", "asked", ["visitor_id", "reply_id"])
    op.create_table(
        "processes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("alive_at", sa.BigInteger, nullable=False),
    )
