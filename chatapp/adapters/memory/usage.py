"""The ledger as its owner reads it, and the links to it, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from chatapp.adapters.memory.database import Entry, MemoryDatabase, to_milliseconds
from chatapp.domain.books import Book, Call, Days, Part, SpenderKind, Spent, Sums, Tally
from chatapp.domain.entities import Source
from chatapp.domain.ledger import EVERYBODY, RESERVED, Meter, Purpose, date_of


class MemoryBooks:
    """The ``Books`` in dictionaries, of which there is one: ``book``."""

    def __init__(self, database: MemoryDatabase, book: str) -> None:
        self._database = database
        self._book = Book(book)

    def tally(self, book: Book, days: Days, most_spenders: int) -> Tally:
        """Sum up all calls of these days, and those of the spenders who were charged most."""
        parts: defaultdict[tuple[int, str, str], Sums] = defaultdict(Sums)
        spenders: defaultdict[tuple[SpenderKind, str], Sums] = defaultdict(Sums)
        for entry in self._entries(book, days):
            sums = _sums(entry)
            reserved = entry.reservation
            parts[reserved.day, reserved.model_id, _state(entry)] += sums
            spenders[_spender(entry)] += sums
        spent = [Spent(kind, name, sums) for (kind, name), sums in spenders.items()]
        spent.sort(key=lambda each: (-each.sums.charged_nano_usd, each.kind, each.name))
        whole = [Part(date_of(day), model_id, state, sums) for (day, model_id, state), sums in parts.items()]
        return Tally(whole, spent[:most_spenders])

    def meters(self, book: Book, day: int, most: int) -> Sequence[Meter]:
        """Return what everybody has used on that day, and those others who have used most."""
        with self._database.lock:
            used = [meter for meter in self._database.meters.values() if meter.day == day and book == self._book]
        used.sort(key=lambda meter: (meter.name != EVERYBODY, -meter.nano_usd, meter.name))
        return used[: most + 1]

    def calls(self, book: Book, days: Days) -> Iterator[Call]:
        """Yield all calls of these days."""
        return map(_call, self._entries(book, days))

    def _entries(self, book: Book, days: Days) -> list[Entry]:
        with self._database.lock:
            there = [
                entry
                for entry in self._database.ledger.values()
                if book == self._book and days.first <= date_of(entry.reservation.day) <= days.last
            ]
        return sorted(there, key=lambda entry: (to_milliseconds(entry.reservation.at), entry.reservation.id))


class MemoryUsageLinks:
    """The ``UsageLinks`` in a dictionary."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    def add(self, digest: str, expires_at: datetime) -> None:
        """Keep one."""
        with self._database.lock:
            self._database.usage_links[digest] = expires_at

    def take(self, digest: str, now: datetime) -> bool:
        """Forget it; return False if it is unknown, was used or is too old."""
        with self._database.lock:
            expires_at = self._database.usage_links.pop(digest, None)
            return expires_at is not None and expires_at > now


def _state(entry: Entry) -> str:
    return RESERVED if entry.settlement is None else entry.settlement.state.value


def _spender(entry: Entry) -> tuple[SpenderKind, str]:
    spender = entry.reservation.spender
    if spender.visitor_id is not None:
        return SpenderKind.VISITOR, spender.visitor_id
    if entry.reservation.purpose is Purpose.CHAT:
        return SpenderKind.ADDRESS, spender.address
    return SpenderKind.GONE, ""


def _sums(entry: Entry) -> Sums:
    reserved = entry.reservation.nano_usd
    if entry.settlement is None:
        return Sums(calls=1, reserved_calls=1, reserved_nano_usd=reserved, charged_nano_usd=reserved)
    bill = entry.settlement.bill
    usage, source, charged = bill.usage, bill.cost.source, bill.charged_nano_usd
    return Sums(
        calls=1,
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
        cached_tokens=(usage.cached_tokens or 0) if usage else 0,
        reasoning_tokens=(usage.reasoning_tokens or 0) if usage else 0,
        provider_nano_usd=(bill.cost.nano_usd or 0) if source is Source.PROVIDER else 0,
        estimated_nano_usd=(bill.cost.nano_usd or 0) if source is Source.ESTIMATED else 0,
        unknown_calls=int(source is Source.UNKNOWN),
        unknown_nano_usd=charged if source is Source.UNKNOWN else 0,
        charged_nano_usd=charged,
    )


def _call(entry: Entry) -> Call:
    reserved, settled = entry.reservation, entry.settlement
    usage = settled.bill.usage if settled else None
    return Call(
        id=reserved.id,
        reserved_at=to_milliseconds(reserved.at),
        settled_at=to_milliseconds(settled.at) if settled else None,
        purpose=reserved.purpose.value,
        visitor_id=reserved.spender.visitor_id,
        address=reserved.spender.address,
        model_id=reserved.model_id,
        answered_by=settled.answered_by if settled else None,
        state=_state(entry),
        source=settled.bill.cost.source.value if settled else None,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        cache_write_tokens=usage.cache_write_tokens if usage else None,
        reasoning_tokens=usage.reasoning_tokens if usage else None,
        cost_nano_usd=settled.bill.cost.nano_usd if settled else None,
        charged_nano_usd=settled.bill.charged_nano_usd if settled else reserved.nano_usd,
        price_as_of=reserved.price_as_of.isoformat() if reserved.price_as_of else None,
        request_id=reserved.request_id,
        provider_request_id=settled.provider_request_id if settled else None,
    )
