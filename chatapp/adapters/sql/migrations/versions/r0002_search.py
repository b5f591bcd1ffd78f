"""The index that conversations are searched by. What is there already is found once it has been indexed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the index, and note for everything that may be found that it is not in it yet."""
    is_sqlite = op.get_context().dialect.name == "sqlite"
    missing = sa.text('"indexed" = 0' if is_sqlite else "indexed = false")
    for table in ("conversations", "messages"):
        op.add_column(table, sa.Column("indexed", sa.Boolean, nullable=False, server_default=sa.false()))
        op.create_index(f"{table}_unindexed", table, ["position"], sqlite_where=missing, postgresql_where=missing)
    if is_sqlite:
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    op.execute("CREATE VIRTUAL TABLE search USING fts5(scope, words, tokenize='unicode61 remove_diacritics 0')")
    # By itself, a change would now and then do the work of many: the program has it done in small steps.
    op.execute("INSERT INTO search (search, rank) VALUES ('automerge', 0)")
    op.execute("INSERT INTO search (search, rank) VALUES ('crisismerge', 250)")
    op.execute(
        "CREATE TRIGGER search_without_message AFTER DELETE ON messages "
        "BEGIN DELETE FROM search WHERE rowid = old.position; END"
    )
    op.execute(
        "CREATE TRIGGER search_without_conversation AFTER DELETE ON conversations "
        "BEGIN DELETE FROM search WHERE rowid = old.position; END"
    )


def _postgresql() -> None:
    op.create_table(
        "search",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("visitor_id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(64), nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        # The same words in their order, for phrases: a TSVECTOR knows no more than 256 places of a word.
        sa.Column("spaced", sa.Text, nullable=False, server_default=""),
        # Messages go with their conversation and in no other way, so this keeps the index clean.
        sa.ForeignKeyConstraint(
            ["visitor_id", "conversation_id"], ["conversations.visitor_id", "conversations.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("search_words", "search", ["words"], postgresql_using="gin")
    op.create_index("search_newest", "search", ["visitor_id", sa.text("position DESC")])
    # For the pages of a search, and for what goes with its conversation.
    op.create_index("search_of_a_conversation", "search", ["visitor_id", "conversation_id", "position"])
