"""Every setting, read once from the environment or ``.env`` into one frozen object."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
BASE_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
HOST_NAME = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


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


def _text(value: str) -> str:
    return value


def _base_url(value: str) -> str:
    if not BASE_URL.fullmatch(value):
        raise ValueError("an address like https://host.example/v1")
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser()


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return int(value)

    return parse


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86_400:
        raise ValueError("a number of seconds from 0 to 86,400")
    return seconds


def _patience(value: str) -> float:
    if (seconds := _seconds(value)) == 0:
        raise ValueError("a number of seconds above 0")
    return seconds


def _choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(value: str) -> StrEnum:
        try:
            return kind(value.lower())
        except ValueError:
            raise ValueError(" or ".join(kind)) from None

    return parse


def _listed(item: re.Pattern[str], words: str, *, star: bool = False) -> Callable[[str], tuple[str, ...]]:
    def parse(value: str) -> tuple[str, ...]:
        items = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        if star and items == ("none",):
            return ()
        if not (star and items == ("*",)) and not all(item.fullmatch(part) for part in items):
            raise ValueError(words)
        return items

    return parse


_origins = _listed(ORIGIN, "*, none, or origins like https://shop.example with commas between them", star=True)
_hosts = _listed(HOST_NAME, "host names like chat.example.com, with commas between them")


def _setting(
    name: str, parse: Callable[[str], Any], default: Any, meaning: str, *, shown: str = "", secret: bool = False
) -> Any:
    about = {"name": name, "parse": parse, "meaning": meaning, "shown": shown}
    return field(default=default, repr=not secret, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the owner decides. ``repr`` shows no secret."""

    api_key: str | None = _setting(
        "OPENAI_API_KEY_CYB_SEC", _text, None, "Your OpenAI key. Without it the fake model answers.", secret=True
    )
    base_url: str | None = _setting(
        "OPENAI_BASE_URL",
        _base_url,
        None,
        "Another server with the same protocol.",
        shown="OpenAI's",
        secret=True,  # it may hold a password
    )
    llm: Provider = _setting(
        "CHATAPP_LLM",
        _choice(Provider),
        Provider.AUTO,
        "`openai` (does not start without a key), `fake`, or `auto`: OpenAI where there is a key.",
    )
    host: str = _setting("CHATAPP_HOST", _text, "127.0.0.1", "Where it listens; `0.0.0.0` is everywhere.")
    port: int = _setting("CHATAPP_PORT", _whole(0, 65_535), 5000, "The port; 0 takes a free one.")
    workers: int = _setting("CHATAPP_WORKERS", _whole(1, 64), 2, "Processes.")
    worker_class: WorkerClass = _setting(
        "CHATAPP_WORKER_CLASS",
        _choice(WorkerClass),
        WorkerClass.GEVENT,
        "`gevent`, or `gthread`: a thread for each caller, only behind a proxy that buffers requests.",
    )
    grace_seconds: int = _setting(
        "CHATAPP_GRACE_SECONDS", _whole(1, 3600), 30, "How long running answers may go on after a stop was asked for."
    )
    worker_connections: int | None = _setting(
        "CHATAPP_WORKER_CONNECTIONS",
        _whole(10, 1_000_000),
        None,
        "Connections that one process holds at once.",
        shown="`4000`, or more where the open answers need them",
    )
    log_key: str | None = _setting(
        "CHATAPP_LOG_KEY",
        _text,
        None,
        "Key of the hashes that stand for addresses in the log. Set it where several machines are to write the same.",
        shown="a new one at each start",
        secret=True,
    )
    default_model: str = _setting("CHATAPP_DEFAULT_MODEL", _text, "gpt-4o-mini", "Answers where none is chosen.")
    catalog: Path | None = _setting(
        "CHATAPP_CATALOG", _path, None, "A TOML file that adds to, or replaces, the built-in models and prices."
    )
    system_prompt: str | None = _setting(
        "CHATAPP_SYSTEM_PROMPT", _text, None, "Comes first in every conversation; callers then cannot bring their own."
    )
    max_output_tokens: int = _setting(
        "CHATAPP_MAX_OUTPUT_TOKENS", _whole(1, 1_000_000), 4096, "Cap of one answer in tokens, always sent."
    )
    allowed_origins: tuple[str, ...] = _setting(
        "CHATAPP_ALLOWED_ORIGINS",
        _origins,
        ("*",),
        "Web sites whose pages may call the API: exact origins with commas between them, `*` for all, or `none`.",
        shown="`*`",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        "CHATAPP_ALLOWED_HOSTS", _hosts, (), "Host names it answers to, with commas between them; empty: all."
    )
    contact_phone: str = _setting("CHATAPP_CONTACT_PHONE", _text, "+91 83406 00849", "Shown in the footer.")
    contact_email: str = _setting(
        "CHATAPP_CONTACT_EMAIL", _text, "mdazruddin.dilansari@gmail.com", "Shown in the footer."
    )
    open_replies: int = _setting(
        "CHATAPP_OPEN_REPLIES", _whole(1, 100_000), 1500, "Answers that one process makes at once."
    )
    followers: int = _setting("CHATAPP_FOLLOWERS", _whole(1, 100_000), 50, "Readers of one answer at once.")
    max_body_bytes: int = _setting(
        "CHATAPP_MAX_BODY_BYTES", _whole(1_000, 1_000_000_000), 4_000_000, "Longest body of a request."
    )
    max_message_characters: int = _setting(
        "CHATAPP_MAX_MESSAGE_CHARACTERS", _whole(1, 10_000_000), 100_000, "Longest message."
    )
    max_messages: int = _setting("CHATAPP_MAX_MESSAGES", _whole(1, 100_000), 2000, "Longest history.")
    max_answer_characters: int = _setting(
        "CHATAPP_MAX_ANSWER_CHARACTERS", _whole(1, 10_000_000), 400_000, "Longest answer; more is cut off."
    )
    max_event_bytes: int = _setting(
        "CHATAPP_MAX_EVENT_BYTES",
        _whole(10_000, 1_000_000_000),
        8_000_000,
        "Longest single event of the provider; a longer one is no answer.",
    )
    body_seconds: float = _setting("CHATAPP_BODY_SECONDS", _patience, 20.0, "How long the body of a request may take.")
    first_token_seconds: float = _setting(
        "CHATAPP_FIRST_TOKEN_SECONDS", _patience, 120.0, "Longest silence of the model before its first word."
    )
    next_token_seconds: float = _setting(
        "CHATAPP_NEXT_TOKEN_SECONDS", _patience, 60.0, "Longest silence of the model between two words."
    )
    reply_seconds: float = _setting(
        "CHATAPP_REPLY_SECONDS", _patience, 900.0, "Longest time for a whole answer; what comes later is cut off."
    )
    write_seconds: float = _setting(
        "CHATAPP_WRITE_SECONDS", _patience, 30.0, "How long a reader may take nothing before the server hangs up."
    )
    fake_script: Path | None = _setting(
        "CHATAPP_FAKE_SCRIPT", _path, None, "A TOML file that tells the fake model what to answer."
    )
    fake_word_seconds: float = _setting(
        "CHATAPP_FAKE_WORD_SECONDS", _seconds, 0.04, "Pause of the fake model after each word, where it has no script."
    )

    def __post_init__(self) -> None:
        """Refuse what only shows when settings meet."""
        if self.llm is Provider.OPENAI and not self.api_key:
            raise BadSettings("CHATAPP_LLM is “openai”, but OPENAI_API_KEY_CYB_SEC is not set. Set your OpenAI key.")
        if self.fake_script and not self.is_fake:  # whoever wrote a script does not expect to pay
            raise BadSettings("CHATAPP_FAKE_SCRIPT is set, but OpenAI would answer. Set CHATAPP_LLM to “fake” too.")

    @property
    def is_fake(self) -> bool:
        """Tell whether the fake model answers."""
        return self.llm is Provider.FAKE or (self.llm is Provider.AUTO and not self.api_key)

    @property
    def llm_in_use(self) -> Provider:
        """Return who answers: never ``auto``."""
        return Provider.FAKE if self.is_fake else Provider.OPENAI

    @property
    def provider_name(self) -> str:
        """Return who answers, as people and programs are told."""
        return "Fake" if self.is_fake else "OpenAI"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
        """Read the environment, and ``.env`` for what is not set there; an empty value counts as not set.

        Raises:
            BadSettings: something is wrong; the sentence says what and how to mend it.
        """
        found = {name: value for name, value in (os.environ if environ is None else environ).items() if value.strip()}
        if env_file.is_file():
            found = {name: value or "" for name, value in dotenv_values(env_file, interpolate=False).items()} | found
        values: dict[str, Any] = {}
        for setting in fields(cls):
            name, value = setting.metadata["name"], found.get(setting.metadata["name"], "").strip()
            if value:
                values[setting.name] = _parsed(name, value, setting.metadata["parse"])
        return cls(**values)


def _parsed(name: str, value: str, parse: Callable[[str], Any]) -> Any:
    try:
        return parse(value)
    except ValueError as error:
        raise BadSettings(f"{name} is “{value}”, but it must be {error}.") from None


def settings_table() -> str:
    """Return the settings as the Markdown table of the README."""
    rows = ["| name | default | meaning |", "| --- | --- | --- |"]
    for setting in fields(Settings):
        about = setting.metadata
        rows.append(f"| `{about['name']}` | {about['shown'] or _default(setting.default)} | {about['meaning']} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value is None or value == ():
        return "–"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
