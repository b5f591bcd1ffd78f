"""What may be chosen, and what is said about a wrong choice."""

from __future__ import annotations

from enum import StrEnum


class BadSettings(ValueError):
    """A setting is wrong; the sentence names it and says what it may be."""


class Provider(StrEnum):
    """Who answers."""

    AUTO = "auto"
    OPENAI = "openai"
    FAKE = "fake"


class WorkerClass(StrEnum):
    """How a worker process serves many people at once."""

    GEVENT = "gevent"
    GTHREAD = "gthread"


class Tokenization(StrEnum):
    """How tokens are counted where the provider says nothing: exactly if that is installed, or by an ``estimate``."""

    AUTO = "auto"
    ESTIMATE = "estimate"


class Durability(StrEnum):
    """What must not lose anything that was kept: the end of a ``process``, or a cut of ``power`` too."""

    PROCESS = "process"
    POWER = "power"
