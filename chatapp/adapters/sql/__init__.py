"""What is kept, in SQLite or PostgreSQL, through SQLAlchemy."""

from chatapp.adapters.sql.archive import SqlArchive
from chatapp.adapters.sql.conversations import SqlConversationStore
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.housekeeping import Housekeeping
from chatapp.adapters.sql.replies import SqlReplyStore
from chatapp.adapters.sql.searching import Searching
from chatapp.adapters.sql.visitors import SqlVisitorStore

__all__ = [
    "Database",
    "Housekeeping",
    "Searching",
    "SqlArchive",
    "SqlConversationStore",
    "SqlReplyStore",
    "SqlVisitorStore",
]
