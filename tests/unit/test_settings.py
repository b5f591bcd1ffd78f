"""Settings: read once, checked, and silent about secrets."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from chatapp.settings import BadSettings, Durability, Provider, Settings, Tokenization, WorkerClass, settings_table

KEY = "sk-canary-4f1c9a"
NOWHERE = Path("/nonexistent/.env")


def settings(**environ: str) -> Settings:
    return Settings.from_env(environ, NOWHERE)


def test_without_environment_everything_has_its_default() -> None:
    assert settings() == Settings()


def test_every_setting_has_a_name_and_a_meaning_of_its_own() -> None:
    names = [setting.metadata["name"] for setting in fields(Settings)]

    assert len(set(names)) == len(names)
    assert all(setting.metadata["meaning"].endswith(".") for setting in fields(Settings))


@pytest.mark.parametrize(
    ("name", "value", "field", "parsed"),
    [
        ("OPENAI_API_KEY_CYB_SEC", KEY, "api_key", KEY),
        ("OPENAI_BASE_URL", " http://localhost:1/v1 ", "base_url", "http://localhost:1/v1"),
        ("CHATAPP_LLM", "FAKE", "llm", Provider.FAKE),
        ("CHATAPP_HOST", "0.0.0.0", "host", "0.0.0.0"),
        ("CHATAPP_PORT", "0", "port", 0),
        ("CHATAPP_WORKERS", "64", "workers", 64),
        ("CHATAPP_WORKER_CLASS", "gthread", "worker_class", WorkerClass.GTHREAD),
        ("CHATAPP_CATALOG", "/etc/models.toml", "catalog", Path("/etc/models.toml")),
        ("CHATAPP_MAX_OUTPUT_TOKENS", "1", "max_output_tokens", 1),
        ("CHATAPP_ALLOWED_ORIGINS", "*", "allowed_origins", ("*",)),
        ("CHATAPP_ALLOWED_ORIGINS", "none", "allowed_origins", ()),
        (
            "CHATAPP_ALLOWED_ORIGINS",
            "https://Shop.example, http://localhost:8080,",
            "allowed_origins",
            ("https://shop.example", "http://localhost:8080"),
        ),
        (
            "CHATAPP_ALLOWED_ORIGINS",
            "https://shop.example:443,http://shop.example:80,http://shop.example:443",
            "allowed_origins",
            ("https://shop.example", "http://shop.example", "http://shop.example:443"),
        ),
        ("CHATAPP_ALLOWED_HOSTS", "chat.example.com,[::1]", "allowed_hosts", ("chat.example.com", "[::1]")),
        ("CHATAPP_TRUSTED_PROXIES", "10.0.0.0/8, ::1", "trusted_proxies", ("10.0.0.0/8", "::1/128")),
        ("CHATAPP_TRUSTED_PROXIES", "*", "trusted_proxies", ("*",)),
        ("CHATAPP_FIRST_TOKEN_SECONDS", "0.5", "first_token_seconds", 0.5),
        ("CHATAPP_DATA_DIR", "~/kept", "data_dir", Path.home() / "kept"),
        ("CHATAPP_DATA_DIR", "./kept", "data_dir", Path.cwd() / "kept"),
        ("CHATAPP_DURABILITY", "power", "durability", Durability.POWER),
        ("CHATAPP_TOKENIZER", "estimate", "tokenizer", Tokenization.ESTIMATE),
        ("CHATAPP_RETENTION_DAYS", "0", "retention_days", 0),
        ("CHATAPP_DATABASE_URL", "sqlite:////var/chat.db", "database_url", "sqlite:////var/chat.db"),
        ("CHATAPP_DATABASE_URL", "postgres://me@db/chat", "database_url", "postgresql+psycopg://me@db/chat"),
        ("CHATAPP_DATABASE_URL", "postgresql://db/chat?a=b", "database_url", "postgresql+psycopg://db/chat?a=b"),
        ("CHATAPP_DATABASE_URL", "postgresql+psycopg://db/c", "database_url", "postgresql+psycopg://db/c"),
    ],
)
def test_a_setting_is_read(name: str, value: str, field: str, parsed: object) -> None:
    assert getattr(settings(**{name: value}), field) == parsed


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CHATAPP_LLM", "claude", "auto or openai or fake"),
        ("OPENAI_BASE_URL", "localhost:8000/v1", "an address like"),
        ("OPENAI_BASE_URL", "ftp://localhost/v1", "an address like"),
        ("OPENAI_BASE_URL", "http://", "an address like"),
        ("OPENAI_BASE_URL", "http://local host/v1", "an address like"),
        ("OPENAI_BASE_URL", "http://localhost/v1?key=1", "an address like"),
        ("CHATAPP_PORT", "65536", "a whole number from 0 to 65,535"),
        ("CHATAPP_PORT", "-1", "a whole number"),
        ("CHATAPP_PORT", "80.5", "a whole number"),
        ("CHATAPP_PORT", "٨٠", "a whole number"),
        ("CHATAPP_WORKERS", "0", "from 1 to 64"),
        ("CHATAPP_WORKER_CLASS", "sync", "gevent or gthread"),
        ("CHATAPP_MAX_OUTPUT_TOKENS", "0", "from 1"),
        ("CHATAPP_REPLY_SECONDS", "nan", "a number of seconds"),
        ("CHATAPP_REPLY_SECONDS", "0", "a number of seconds above 0"),
        ("CHATAPP_REPLY_SECONDS", "-1", "a number of seconds"),
        ("CHATAPP_REPLY_SECONDS", "inf", "a number of seconds"),
        ("CHATAPP_REPLY_SECONDS", "soon", "a number of seconds"),
        ("CHATAPP_ALLOWED_ORIGINS", "shop.example", "origins like"),
        ("CHATAPP_ALLOWED_ORIGINS", "https://shop.example/", "origins like"),
        ("CHATAPP_ALLOWED_ORIGINS", "https://*.shop.example", "origins like"),
        ("CHATAPP_ALLOWED_ORIGINS", "*,https://shop.example", "origins like"),
        ("CHATAPP_ALLOWED_ORIGINS", "null", "origins like"),
        ("CHATAPP_ALLOWED_ORIGINS", "https://shop.example\nhttps://evil.example", "origins like"),
        ("CHATAPP_ALLOWED_HOSTS", "chat.example:80", "host names like"),
        ("CHATAPP_ALLOWED_HOSTS", "*", "host names like"),
        ("CHATAPP_TRUSTED_PROXIES", "proxy.example", "addresses and networks like"),
        ("CHATAPP_TRUSTED_PROXIES", "*, 10.0.0.1", "addresses and networks like"),
        ("CHATAPP_TRUSTED_PROXIES", "10.0.0.1/8", "addresses and networks like"),
        ("CHATAPP_DURABILITY", "fire", "process or power"),
        ("CHATAPP_TOKENIZER", "exact", "auto or estimate"),
        ("CHATAPP_RETENTION_DAYS", "-1", "a whole number from 0"),
        ("CHATAPP_DATABASE_URL", "chat.db", "not the address of a database"),
        ("CHATAPP_DATABASE_URL", "mysql://me@db/chat", "postgresql://user:password@host/database or sqlite:////"),
        ("CHATAPP_DATABASE_URL", "postgresql+asyncpg://me@db/chat", "not the address of a database"),
        ("CHATAPP_DATABASE_URL", "sqlite://", "not the address of a database"),
        ("CHATAPP_DATABASE_URL", "sqlite:///:memory:", "not the address of a database"),
        ("CHATAPP_DATABASE_URL", "sqlite:////var/chat.db?mode=ro", "not the address of a database"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_may_be(name: str, value: str, words: str) -> None:
    with pytest.raises(BadSettings, match=f"(?s)^{name} is .*{words}"):
        settings(**{name: value})


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_setting_counts_as_not_set(value: str) -> None:
    assert settings(CHATAPP_PORT=value, OPENAI_API_KEY_CYB_SEC=value) == Settings()


def test_other_variables_are_left_alone() -> None:
    assert settings(PATH="/bin", OPENAI_API_KEY=KEY, CHATAPP_NEWS="x") == Settings()


def test_a_file_fills_what_the_environment_leaves_open(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text('CHATAPP_PORT=7000\nCHATAPP_SYSTEM_PROMPT="Be $kind ${HOME}"\nCHATAPP_HOST\n', "utf-8")

    read = Settings.from_env({"CHATAPP_PORT": "6000"}, env_file)

    assert (read.port, read.system_prompt, read.host) == (6000, "Be $kind ${HOME}", "127.0.0.1")


@pytest.mark.parametrize(
    ("llm", "key", "is_fake", "name"),
    [
        ("auto", "", True, "Fake"),
        ("auto", KEY, False, "OpenAI"),
        ("fake", "", True, "Fake"),
        ("fake", KEY, True, "Fake"),
        ("openai", KEY, False, "OpenAI"),
    ],
)
def test_who_answers_depends_on_choice_and_key(llm: str, key: str, is_fake: bool, name: str) -> None:
    chosen = settings(CHATAPP_LLM=llm, OPENAI_API_KEY_CYB_SEC=key)

    assert (chosen.is_fake, chosen.provider_name) == (is_fake, name)


def test_openai_without_a_key_does_not_start() -> None:
    with pytest.raises(BadSettings, match="OPENAI_API_KEY_CYB_SEC is not set"):
        settings(CHATAPP_LLM="openai")


def test_the_key_is_never_shown() -> None:
    secret = settings(OPENAI_API_KEY_CYB_SEC=KEY)

    assert KEY not in repr(secret)
    assert KEY not in str(secret)
    assert "api_key" not in repr(secret)


def test_a_password_in_the_address_is_never_shown() -> None:
    assert "canary" not in repr(settings(OPENAI_BASE_URL="http://me:canary@localhost/v1"))


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_password_of_the_database_is_never_shown(scheme: str) -> None:
    try:
        shown = repr(settings(CHATAPP_DATABASE_URL=f"{scheme}://me:canary@db/chat"))
    except BadSettings as refusal:
        shown = str(refusal)

    assert "canary" not in shown


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:////var/my%20chat.db", "/var/my chat.db"),
        ("postgresql://me:canary@db.example:5433/chat", "the PostgreSQL database chat on db.example"),
        ("postgresql://me@/?host=/run/pg", "the PostgreSQL database me on /run/pg"),
        ("postgresql:///chat", "the PostgreSQL database chat on this machine"),
    ],
)
def test_where_the_database_is_can_be_told(url: str, place: str) -> None:
    assert settings(CHATAPP_DATABASE_URL=url).database_place == place


def test_conversations_are_kept_in_the_data_folder() -> None:
    kept = settings(CHATAPP_DATA_DIR="/srv/a b?")

    assert (kept.database_place, kept.database_address) == (
        "/srv/a b?/chatapp.db",
        "sqlite:////srv/a%20b%3F/chatapp.db",
    )


def test_a_wrong_setting_beside_it_does_not_show_the_key() -> None:
    with pytest.raises(BadSettings) as refusal:
        settings(OPENAI_API_KEY_CYB_SEC=KEY, CHATAPP_PORT="x")

    assert KEY not in str(refusal.value)


def test_settings_never_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]  # that it is refused is the point


def test_the_table_has_a_row_for_every_setting() -> None:
    rows = settings_table().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == [setting.metadata["name"] for setting in fields(Settings)]
    assert all(row.count(" | ") == 2 for row in rows)


def test_an_empty_variable_does_not_hide_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHATAPP_PORT=7000")

    assert Settings.from_env({"CHATAPP_PORT": " "}, tmp_path / ".env").port == 7000
