"""The tables, the same for SQLite and PostgreSQL. Times are milliseconds since 1970 in UTC, money is nano-dollars.

Ids are unique for one visitor. A ``position`` is unique for all, and sorts by time, as its upper bits are milliseconds;
in one conversation it grows with every message. The index for the search, ``search``, is not the same for both: it
stands in ``sqlite_search``, ``postgresql_search`` and the migrations alone.

An index of some rows alone says so with ``sqlite_where``, and is such a one in PostgreSQL, too. To say it twice would
load PostgreSQL's dialect into every process, 2 MB of it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData()

# A whole number that SQLite takes for its row id.
POSITION = BigInteger().with_variant(Integer, "sqlite")

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("number", Integer, nullable=False, unique=True),
)

visitors = Table(
    "visitors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False, index=True),
    Column("removed", Boolean, nullable=False, server_default=false()),
)

new_visitors = Table(
    "new_visitors",
    metadata,
    Column("address", String(64), nullable=False),
    Column("hour", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("address", "hour"),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("visitor_id", ForeignKey(visitors.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("visitor_id", ForeignKey(visitors.c.id, ondelete="CASCADE"), nullable=False),
    Column("id", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("model_id", Text),
    Column("system", Text),
    Column("leaf_id", String(64)),
    Column("newest", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("indexed", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("visitor_id", "id"),
)
Index(
    "conversations_listed",
    conversations.c.visitor_id,
    conversations.c.pinned.desc(),
    conversations.c.updated_at.desc(),
    conversations.c.id.desc(),
)
Index(
    "conversations_oldest",
    conversations.c.visitor_id,
    conversations.c.created_at,
    conversations.c.id,
)
Index(
    "conversations_unindexed",
    conversations.c.position,
    sqlite_where=conversations.c.indexed == false(),
)

messages = Table(
    "messages",
    metadata,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("visitor_id", String(32), nullable=False),
    Column("conversation_id", String(64), nullable=False),
    Column("id", String(64), nullable=False),
    Column("parent_id", String(64)),
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # What an answer has besides.
    Column("model_id", Text),
    Column("state", String(16), nullable=False),
    Column("finish_reason", Text),
    Column("usage", Text),
    Column("cost", Text),
    Column("error", Text),
    Column("request_id", Text),
    Column("left_out", Integer),
    # What it needs while it is made.
    Column("owner", String(32)),
    Column("stop_requested", Boolean, nullable=False, server_default=false()),
    Column("indexed", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(
        ["visitor_id", "conversation_id"], ["conversations.visitor_id", "conversations.id"], ondelete="CASCADE"
    ),
    UniqueConstraint("visitor_id", "id"),
)
Index(
    "messages_of_a_parent",
    messages.c.visitor_id,
    messages.c.conversation_id,
    messages.c.parent_id,
    messages.c.position,
)
Index(
    "messages_running",
    messages.c.owner,
    messages.c.id,
    sqlite_where=messages.c.state == "running",
)
Index(
    "messages_unindexed",
    messages.c.position,
    sqlite_where=messages.c.indexed == false(),
)

# Text of running replies, as far as it has been stored: rewriting what there is would cost more with every word.
pieces = Table(
    "pieces",
    metadata,
    Column("reply_position", ForeignKey(messages.c.position, ondelete="CASCADE"), nullable=False),
    Column("begin_at", Integer, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("reply_position", "begin_at"),
    sqlite_with_rowid=False,
)

asked = Table(
    "asked",
    metadata,
    Column("visitor_id", ForeignKey(visitors.c.id, ondelete="CASCADE"), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("reply_id", String(64), nullable=False),
    PrimaryKeyConstraint("visitor_id", "client_id"),
    sqlite_with_rowid=False,
)
Index("asked_of_a_reply", asked.c.visitor_id, asked.c.reply_id)

processes = Table(
    "processes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("alive_at", BigInteger, nullable=False),
    Column("alive_before", BigInteger),
)

# A row per call of the provider: reserved before, settled after. What its words are about stands nowhere here. ``book``
# keeps the fake model's apart; ``day`` is days since 1970; ``source`` is NULL until it is settled; ``charged`` is what
# counts against budgets. The key begins with the time, so that rows of one time lie together.
ledger = Table(
    "ledger",
    metadata,
    Column("reserved_at", BigInteger, nullable=False),
    Column("id", String(64), nullable=False),
    Column("book", String(16), nullable=False),
    Column("day", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("visitor_id", String(32)),
    Column("address", String(64), nullable=False),
    Column("request_id", Text),
    Column("model_id", Text, nullable=False),
    Column("prompt_tokens", BigInteger),
    Column("completion_tokens", BigInteger),
    Column("reserved_nano_usd", BigInteger, nullable=False),
    Column("charged_nano_usd", BigInteger, nullable=False),
    Column("price_as_of", String(10)),
    Column("owner", String(32)),
    # What is known when it is settled.
    Column("settled_at", BigInteger),
    Column("state", String(16), nullable=False),
    Column("source", String(16)),
    Column("cost_nano_usd", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("answered_by", Text),
    Column("provider_request_id", Text),
    PrimaryKeyConstraint("reserved_at", "id"),
    sqlite_with_rowid=False,
)
Index("ledger_open", ledger.c.owner, sqlite_where=ledger.c.owner.is_not(None))
Index("ledger_of_a_visitor", ledger.c.visitor_id, sqlite_where=ledger.c.visitor_id.is_not(None))

# What everybody, a visitor or an address has used: money on a day, requests since a minute began, open replies.
meters = Table(
    "meters",
    metadata,
    Column("book", String(16), nullable=False),
    Column("name", String(80), nullable=False),
    Column("day", Integer, nullable=False),
    Column("nano_usd", BigInteger, nullable=False),
    Column("minute_at", BigInteger, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("open_replies", Integer, nullable=False),
    PrimaryKeyConstraint("book", "name"),
    sqlite_with_rowid=False,
)

# Secrets, as hashes, that let somebody see the usage page, once each.
usage_links = Table(
    "usage_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
)
