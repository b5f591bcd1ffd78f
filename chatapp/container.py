"""The one place that knows both sides of every port."""

from __future__ import annotations

from importlib.util import find_spec

from dependency_injector import containers, providers

from chatapp.adapters.bpe_tokenizer import BpeTokenizer
from chatapp.adapters.catalog_file import read_catalog
from chatapp.adapters.estimator import TokenEstimator
from chatapp.adapters.fake_chat import FakeChatModel
from chatapp.adapters.sql.archive import SqlArchive
from chatapp.adapters.sql.conversations import SqlConversationStore
from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.housekeeping import Housekeeping
from chatapp.adapters.sql.indexing import Indexing
from chatapp.adapters.sql.ledger import SqlLedger
from chatapp.adapters.sql.replies import SqlReplyStore
from chatapp.adapters.sql.searching import Searching
from chatapp.adapters.sql.usage import SqlBooks, SqlUsageLinks
from chatapp.adapters.sql.visitors import SqlVisitorStore
from chatapp.adapters.system import SystemClock, ThreadRunner, new_id
from chatapp.domain.accounting import TokenAccountant
from chatapp.domain.budgets import Budgets
from chatapp.domain.catalog import ModelCatalog
from chatapp.domain.composing import Composer
from chatapp.domain.conversation import ConversationService
from chatapp.domain.driving import Driver
from chatapp.domain.keeping import Keeper
from chatapp.domain.mirrors import Mirrors
from chatapp.domain.open_replies import OpenReplies
from chatapp.domain.passes import Passes
from chatapp.domain.ports import ChatModel, Clock, ModelDirectory, Tokenizer
from chatapp.domain.replies import ReplyService
from chatapp.domain.stores import VisitorStore
from chatapp.domain.upkeep import ReplyLimits
from chatapp.domain.usage import UsageService
from chatapp.domain.usage_access import UsageAccess
from chatapp.domain.visitors import VisitorService
from chatapp.fake.script import MOST_TOKENS_PER_SECOND, Script
from chatapp.fake.script_file import read_script
from chatapp.settings import Durability, Settings, Tokenization

READ_TIMEOUT_MARGIN_SECONDS = 10.0
"""Until the provider answers, the reply's own time-out comes first, and says more; behind that it is the only one."""


def _require_real(settings: Settings) -> None:
    if settings.is_fake:
        raise RuntimeError("The fake model is in use: no connection to a provider can be opened.")


def _fake_chat_model(settings: Settings) -> FakeChatModel:
    if settings.fake_script is not None:
        return FakeChatModel(read_script(settings.fake_script))
    word_seconds = settings.fake_word_seconds
    pace = min(1 / word_seconds, MOST_TOKENS_PER_SECOND) if word_seconds else None
    return FakeChatModel(Script(tokens_per_second=pace))


def _openai_chat_model(settings: Settings) -> ChatModel:
    _require_real(settings)
    # Imported here alone: it takes half a second, and a process with the fake cannot even reach a provider by mistake.
    from chatapp.adapters.openai_chat import OpenAIChatModel, connect

    silence_seconds = settings.first_token_seconds + READ_TIMEOUT_MARGIN_SECONDS
    client = connect(
        settings.api_key or "",
        settings.base_url,
        read_timeout_seconds=silence_seconds,
        connections=settings.open_replies,
    )
    return OpenAIChatModel(client, settings.max_event_bytes)


def _openai_directory(settings: Settings) -> ModelDirectory:
    _require_real(settings)
    from chatapp.adapters.openai_chat import OpenAIModelDirectory, connect

    return OpenAIModelDirectory(connect(settings.api_key or "", settings.base_url, read_timeout_seconds=10))


def _tokenizer(settings: Settings) -> Tokenizer:
    estimator = TokenEstimator()
    is_exact = settings.tokenizer is Tokenization.AUTO and find_spec("rs_bpe") is not None
    return BpeTokenizer(estimator) if is_exact else estimator


def _catalog(settings: Settings, clock: Clock) -> ModelCatalog:
    return ModelCatalog(
        read_catalog(settings.catalog),
        settings.default_model,
        lambda: clock.now().date(),
        dates_apply=not settings.is_fake and settings.base_url is None,
    )


def _limits(settings: Settings) -> ReplyLimits:
    return ReplyLimits(
        open_replies=settings.open_replies,
        followers=settings.followers,
        answer_characters=settings.max_answer_characters,
        first_token_seconds=settings.first_token_seconds,
        next_token_seconds=settings.next_token_seconds,
        total_seconds=settings.reply_seconds,
    )


def _budgets(settings: Settings) -> Budgets:
    return Budgets(
        settings.daily_budget,
        settings.visitor_daily_budget,
        settings.visitor_requests_per_minute,
        settings.visitor_open_replies,
    )


def _database(settings: Settings) -> Database:
    return Database(settings.database_address, survive_power_cut=settings.durability is Durability.POWER)


def _composer(settings: Settings, catalog: ModelCatalog, accountant: TokenAccountant) -> Composer:
    return Composer(
        catalog,
        accountant,
        system_prompt=settings.system_prompt,
        max_output_tokens=settings.max_output_tokens,
    )


def _passes(settings: Settings, visitors: VisitorService, store: VisitorStore, clock: Clock) -> Passes | None:
    return None if settings.password is None else Passes(settings.password, visitors, store, clock)


class Container(containers.DeclarativeContainer):
    """Makes each part once, when it is first needed; ``override`` any of them to test with another."""

    settings = providers.Dependency(instance_of=Settings)

    clock = providers.ThreadSafeSingleton(SystemClock)
    runner = providers.ThreadSafeSingleton(ThreadRunner)
    tokenizer = providers.ThreadSafeSingleton(_tokenizer, settings)
    database = providers.ThreadSafeSingleton(_database, settings)
    indexing = providers.ThreadSafeSingleton(Indexing, database)
    searching = providers.ThreadSafeSingleton(Searching, database)
    budgets = providers.ThreadSafeSingleton(_budgets, settings)
    ledger = providers.ThreadSafeSingleton(SqlLedger, database, budgets, settings.provided.llm_in_use)
    reply_store = providers.ThreadSafeSingleton(SqlReplyStore, database, ledger)
    conversation_store = providers.ThreadSafeSingleton(SqlConversationStore, database, searching)
    visitor_store = providers.ThreadSafeSingleton(SqlVisitorStore, database)
    archive = providers.ThreadSafeSingleton(SqlArchive, database)
    books = providers.ThreadSafeSingleton(SqlBooks, database)
    usage_links = providers.ThreadSafeSingleton(SqlUsageLinks, database)
    housekeeping = providers.ThreadSafeSingleton(Housekeeping, database, indexing)
    fake_chat_model = providers.ThreadSafeSingleton(_fake_chat_model, settings)
    openai_chat_model = providers.ThreadSafeSingleton(_openai_chat_model, settings)
    chat_model = providers.Selector(settings.provided.llm_in_use, fake=fake_chat_model, openai=openai_chat_model)
    model_directory = providers.ThreadSafeSingleton(_openai_directory, settings)

    catalog = providers.ThreadSafeSingleton(_catalog, settings, clock)
    accountant = providers.ThreadSafeSingleton(TokenAccountant, tokenizer, catalog)
    composer = providers.ThreadSafeSingleton(_composer, settings, catalog, accountant)
    limits = providers.ThreadSafeSingleton(_limits, settings)
    owner = providers.ThreadSafeSingleton(new_id)
    keeper = providers.ThreadSafeSingleton(Keeper, reply_store, ledger, accountant, budgets, clock, owner)
    mirrors = providers.ThreadSafeSingleton(Mirrors, reply_store, clock, limits)
    open_replies = providers.ThreadSafeSingleton(OpenReplies, settings.provided.open_replies)
    driver = providers.ThreadSafeSingleton(
        Driver,
        model=chat_model,
        accountant=accountant,
        keeper=keeper,
        runner=runner,
        clock=clock,
        open_replies=open_replies,
    )
    replies = providers.ThreadSafeSingleton(
        ReplyService,
        open_replies=open_replies,
        driver=driver,
        store=reply_store,
        keeper=keeper,
        mirrors=mirrors,
        clock=clock,
        new_id=providers.Object(new_id),
        limits=limits,
    )
    conversations = providers.ThreadSafeSingleton(
        ConversationService,
        store=conversation_store,
        reply_store=reply_store,
        replies=replies,
        catalog=catalog,
        composer=composer,
        clock=clock,
        new_id=providers.Object(new_id),
    )
    visitors = providers.ThreadSafeSingleton(
        VisitorService,
        store=visitor_store,
        replies=replies,
        clock=clock,
        new_id=providers.Object(new_id),
        retention_days=settings.provided.retention_days,
    )
    passes = providers.ThreadSafeSingleton(_passes, settings, visitors, visitor_store, clock)
    usage = providers.ThreadSafeSingleton(UsageService, books, budgets, clock, settings.provided.llm_in_use)
    usage_access = providers.ThreadSafeSingleton(UsageAccess, usage_links, visitor_store, clock)
