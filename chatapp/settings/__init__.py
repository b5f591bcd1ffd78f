"""What the owner decides: every setting, what it may be, and what it is where nothing is said."""

from chatapp.settings.choices import BadSettings, Durability, Provider, WorkerClass
from chatapp.settings.settings import Settings
from chatapp.settings.table import settings_table

__all__ = ["BadSettings", "Durability", "Provider", "Settings", "WorkerClass", "settings_table"]
