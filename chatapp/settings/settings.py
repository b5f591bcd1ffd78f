"""Every setting, read once from the environment or ``.env`` into one frozen object."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from platformdirs import user_data_dir

from chatapp.settings import parsers as parse
from chatapp.settings.choices import BadSettings, Durability, Provider, Tokenization, WorkerClass
from chatapp.settings.database_url import database_url, place, sqlite_url

DATABASE_FILE = "chatapp.db"


def _setting(
    name: str, parser: Callable[[str], Any], default: Any, meaning: str, *, shown: str = "", secret: bool = False
) -> Any:
    about = {"name": name, "parse": parser, "meaning": meaning, "shown": shown}
    if callable(default):
        return field(default_factory=default, repr=not secret, metadata=about)
    return field(default=default, repr=not secret, metadata=about)


def _users_data_folder() -> Path:
    return Path(user_data_dir("chatapp", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the owner decides. ``repr`` shows no secret."""

    api_key: str | None = _setting(
        "OPENAI_API_KEY_CYB_SEC", parse.text, None, "Your OpenAI key. Without it the fake model answers.", secret=True
    )
    base_url: str | None = _setting(
        "OPENAI_BASE_URL",
        parse.base_url,
        None,
        "Another server with the same protocol.",
        shown="OpenAI's",
        secret=True,  # it may hold a password
    )
    llm: Provider = _setting(
        "CHATAPP_LLM",
        parse.choice(Provider),
        Provider.AUTO,
        "`openai` (does not start without a key), `fake`, or `auto`: OpenAI where there is a key.",
    )
    host: str = _setting("CHATAPP_HOST", parse.text, "127.0.0.1", "Where it listens; `0.0.0.0` is everywhere.")
    port: int = _setting("CHATAPP_PORT", parse.whole(0, 65_535), 5000, "The port; 0 takes a free one.")
    workers: int = _setting("CHATAPP_WORKERS", parse.whole(1, 64), 2, "Processes.")
    worker_class: WorkerClass = _setting(
        "CHATAPP_WORKER_CLASS",
        parse.choice(WorkerClass),
        WorkerClass.GEVENT,
        "`gevent`, or `gthread`: a thread for each caller, only behind a proxy that buffers requests.",
    )
    grace_seconds: int = _setting(
        "CHATAPP_GRACE_SECONDS",
        parse.whole(1, 3600),
        30,
        "How long running answers may go on after a stop was asked for.",
    )
    worker_connections: int | None = _setting(
        "CHATAPP_WORKER_CONNECTIONS",
        parse.whole(10, 1_000_000),
        None,
        "Connections that one process holds at once.",
        shown="`4000`, or more where the open answers need them",
    )
    log_key: str | None = _setting(
        "CHATAPP_LOG_KEY",
        parse.text,
        None,
        "Key of the hashes that stand for addresses in the log. Set it where several machines are to write the same.",
        shown="a new one at each start",
        secret=True,
    )
    data_dir: Path = _setting(
        "CHATAPP_DATA_DIR",
        parse.folder,
        _users_data_folder,
        "The folder that conversations are kept in.",
        shown="the user's data folder",
    )
    database_url: str | None = _setting(
        "CHATAPP_DATABASE_URL",
        database_url,
        None,
        "Another database: `postgresql://user:password@host/database`, or `sqlite:////path/to/file.db`.",
        shown="`chatapp.db`, a SQLite file in that folder",
        secret=True,
    )
    durability: Durability = _setting(
        "CHATAPP_DURABILITY",
        parse.choice(Durability),
        Durability.PROCESS,
        "What must not cost a word that was kept: the end of a `process`, or a cut of `power` too, which is slower.",
    )
    retention_days: int = _setting(
        "CHATAPP_RETENTION_DAYS",
        parse.whole(0, 36_500),
        90,
        "Conversations of visitors who have not come for so many days are deleted; 0: never.",
    )
    default_model: str = _setting("CHATAPP_DEFAULT_MODEL", parse.text, "gpt-4o-mini", "Answers where none is chosen.")
    catalog: Path | None = _setting(
        "CHATAPP_CATALOG", parse.path, None, "A TOML file that adds to, or replaces, the built-in models and prices."
    )
    system_prompt: str | None = _setting(
        "CHATAPP_SYSTEM_PROMPT",
        parse.text,
        None,
        "Comes first in every conversation; callers then cannot bring their own.",
    )
    max_output_tokens: int = _setting(
        "CHATAPP_MAX_OUTPUT_TOKENS", parse.whole(1, 1_000_000), 4096, "Cap of one answer in tokens, always sent."
    )
    tokenizer: Tokenization = _setting(
        "CHATAPP_TOKENIZER",
        parse.choice(Tokenization),
        Tokenization.AUTO,
        "How tokens are counted: `auto`, exactly where `chatapp[tokens]` is installed, or `estimate`.",
    )
    password: str | None = _setting(
        "CHATAPP_PASSWORD", parse.text, None, "Where set, pages and API ask for it once.", secret=True
    )
    allowed_origins: tuple[str, ...] = _setting(
        "CHATAPP_ALLOWED_ORIGINS",
        parse.origins,
        ("*",),
        "Web sites whose pages may call the API: exact origins with commas between them, `*` for all, or `none`.",
        shown="`*`",
    )
    allowed_hosts: tuple[str, ...] = _setting(
        "CHATAPP_ALLOWED_HOSTS", parse.hosts, (), "Host names it answers to, with commas between them; empty: all."
    )
    trusted_proxies: tuple[str, ...] = _setting(
        "CHATAPP_TRUSTED_PROXIES",
        parse.proxies,
        (),
        "Proxies that are believed who asks, and whether by https: addresses or networks with commas between them, or "
        "`*` for whoever connects; empty: nobody.",
    )
    daily_budget: int = _setting(
        "CHATAPP_DAILY_BUDGET_USD",
        parse.usd,
        5_000_000_000,
        "What everybody together may spend in a calendar day in UTC, in US dollars.",
        shown="5",
    )
    visitor_daily_budget: int = _setting(
        "CHATAPP_VISITOR_DAILY_BUDGET_USD",
        parse.usd,
        500_000_000,
        "The same for one visitor, and for one address (of IPv6: one /64 network).",
        shown="0.50",
    )
    visitor_requests_per_minute: int = _setting(
        "CHATAPP_VISITOR_REQUESTS_PER_MINUTE",
        parse.whole(1, 1_000_000),
        20,
        "Requests that can spend, in a minute, of one visitor, and of one address.",
    )
    visitor_open_replies: int = _setting(
        "CHATAPP_VISITOR_OPEN_REPLIES",
        parse.whole(1, 1_000_000),
        10,
        "Answers that are made at once for one visitor, and for one address.",
    )
    contact_phone: str = _setting("CHATAPP_CONTACT_PHONE", parse.text, "+91 83406 00849", "Shown in the footer.")
    contact_email: str = _setting(
        "CHATAPP_CONTACT_EMAIL", parse.text, "mdazruddin.dilansari@gmail.com", "Shown in the footer."
    )
    open_replies: int = _setting(
        "CHATAPP_OPEN_REPLIES", parse.whole(1, 100_000), 1500, "Answers that one process makes at once."
    )
    followers: int = _setting("CHATAPP_FOLLOWERS", parse.whole(1, 100_000), 50, "Readers of one answer at once.")
    max_body_bytes: int = _setting(
        "CHATAPP_MAX_BODY_BYTES", parse.whole(1_000, 1_000_000_000), 4_000_000, "Longest body of a request."
    )
    max_message_characters: int = _setting(
        "CHATAPP_MAX_MESSAGE_CHARACTERS", parse.whole(1, 4_000_000), 100_000, "Longest message."
    )
    max_messages: int = _setting("CHATAPP_MAX_MESSAGES", parse.whole(1, 100_000), 2000, "Longest history.")
    max_answer_characters: int = _setting(
        "CHATAPP_MAX_ANSWER_CHARACTERS", parse.whole(1, 4_000_000), 400_000, "Longest answer; more is cut off."
    )
    max_event_bytes: int = _setting(
        "CHATAPP_MAX_EVENT_BYTES",
        parse.whole(10_000, 1_000_000_000),
        8_000_000,
        "Longest single event of the provider; a longer one is no answer.",
    )
    body_seconds: float = _setting(
        "CHATAPP_BODY_SECONDS", parse.patience, 20.0, "How long the body of a request may take."
    )
    max_import_bytes: int = _setting(
        "CHATAPP_MAX_IMPORT_BYTES", parse.whole(1_000, 100_000_000_000), 200_000_000, "Longest file of an import."
    )
    import_seconds: float = _setting(
        "CHATAPP_IMPORT_SECONDS", parse.patience, 600.0, "How long the file of an import may take."
    )
    first_token_seconds: float = _setting(
        "CHATAPP_FIRST_TOKEN_SECONDS", parse.patience, 120.0, "Longest silence of the model before its first word."
    )
    next_token_seconds: float = _setting(
        "CHATAPP_NEXT_TOKEN_SECONDS", parse.patience, 60.0, "Longest silence of the model between two words."
    )
    reply_seconds: float = _setting(
        "CHATAPP_REPLY_SECONDS", parse.patience, 900.0, "Longest time for a whole answer; what comes later is cut off."
    )
    write_seconds: float = _setting(
        "CHATAPP_WRITE_SECONDS", parse.patience, 30.0, "How long a reader may take nothing before the server hangs up."
    )
    fake_script: Path | None = _setting(
        "CHATAPP_FAKE_SCRIPT", parse.path, None, "A TOML file that tells the fake model what to answer."
    )
    fake_word_seconds: float = _setting(
        "CHATAPP_FAKE_WORD_SECONDS",
        parse.seconds,
        0.04,
        "Pause of the fake model after each word, where it has no script.",
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

    @property
    def address(self) -> str:
        """Return where the server can be reached from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - only compared
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def database_address(self) -> str:
        """Return the URL of the database in use, which may hold a password."""
        return self.database_url or sqlite_url(self.data_dir / DATABASE_FILE)

    @property
    def database_place(self) -> str:
        """Return where the database in use is, in words and without a password."""
        return place(self.database_address)

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


def _parsed(name: str, value: str, parser: Callable[[str], Any]) -> Any:
    try:
        return parser(value)
    except BadSettings:
        raise
    except ValueError as error:
        raise BadSettings(f"{name} is “{value}”, but it must be {error}.") from None
