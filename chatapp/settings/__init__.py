"""What the owner decides: every setting, what it may be, and what it is where nothing is said."""

from chatapp.settings.choices import BadSettings, Durability, Provider, Tokenization, WorkerClass
from chatapp.settings.settings import Settings
from chatapp.settings.table import settings_table

__all__ = ["BadSettings", "Durability", "Provider", "Settings", "Tokenization", "WorkerClass", "settings_table"]
