"""Everything that is kept, in this process's memory: for tests, and for what need not survive the process."""

from chatapp.adapters.memory.archive import MemoryArchive
from chatapp.adapters.memory.conversations import MemoryConversationStore
from chatapp.adapters.memory.database import MemoryDatabase
from chatapp.adapters.memory.ledger import MemoryLedger
from chatapp.adapters.memory.replies import MemoryReplyStore
from chatapp.adapters.memory.usage import MemoryBooks, MemoryUsageLinks
from chatapp.adapters.memory.visitors import MemoryVisitorStore

__all__ = [
    "MemoryArchive",
    "MemoryBooks",
    "MemoryConversationStore",
    "MemoryDatabase",
    "MemoryLedger",
    "MemoryReplyStore",
    "MemoryUsageLinks",
    "MemoryVisitorStore",
]
