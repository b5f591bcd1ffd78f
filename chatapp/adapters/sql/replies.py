"""Kept replies, also while they are made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, literal_column, null, select, update

from chatapp.adapters.sql.database import Database
from chatapp.adapters.sql.failures import Clash
from chatapp.adapters.sql.ledger import NotEnough, SqlLedger
from chatapp.adapters.sql.openings import find_asked, keep_opening
from chatapp.adapters.sql.pieces import saved_texts
from chatapp.adapters.sql.prepared import Prepared
from chatapp.adapters.sql.rows import ending_row, record_of
from chatapp.adapters.sql.signs import SignsOfLife, bound
from chatapp.adapters.sql.tables import messages, pieces, processes
from chatapp.domain.entities import Role
from chatapp.domain.errors import NotFound
from chatapp.domain.kept import Asked, Closing, News, Opening, Orphan, Piece, Silence
from chatapp.domain.ledger import Reservation, Settled, Settlement
from chatapp.domain.reply import ReplyRecord, ReplyState

REPLY = (
    messages.c.position,
    messages.c.id,
    messages.c.conversation_id,
    messages.c.parent_id,
    messages.c.role,
    messages.c.model_id,
    messages.c.state,
    messages.c.text,
    messages.c.finish_reason,
    messages.c.usage,
    messages.c.cost,
    messages.c.error,
    messages.c.request_id,
    messages.c.left_out,
)
# Spelt out: SQLite uses the index of running replies only where it sees that the statement asks for those.
RUNNING = messages.c.state == literal_column("'running'")
OWN = (messages.c.visitor_id == bindparam("visitor"), messages.c.id == bindparam("reply"))

FIND_RUNNING = select(messages.c.id, messages.c.position, messages.c.stop_requested).where(
    messages.c.owner == bindparam("owner"), RUNNING
)
LOCK_RUNNING = Prepared(FIND_RUNNING.with_for_update(read=True))
SHOW_RUNNING = Prepared(FIND_RUNNING)
FINISH = Prepared(
    update(messages)
    .where(messages.c.id == bindparam("reply"), messages.c.owner == bindparam("process"), RUNNING)
    .values(
        owner=null(),
        text=bindparam("text"),
        state=bindparam("state"),
        finish_reason=bindparam("finish_reason"),
        usage=bindparam("usage"),
        cost=bindparam("cost"),
        error=bindparam("error"),
    )
    .returning(messages.c.position)
)
# What others hold is theirs: two processes that close the same replies do not wait for each other, nor do it twice.
LOST = (
    select(messages.c.id, messages.c.owner, messages.c.position)
    .where(
        messages.c.owner.in_(bindparam("owners", expanding=True)),
        messages.c.id.in_(bindparam("replies", expanding=True)),
        RUNNING,
    )
    .with_for_update(skip_locked=True)
)
DROP_PIECES = Prepared(delete(pieces).where(pieces.c.reply_position == bindparam("at")))

FIND = Prepared(select(*REPLY).where(*OWN))
# Not a list of pairs: SQLite would look through the whole table for those.
NEWS = select(*REPLY, messages.c.visitor_id).where(
    messages.c.visitor_id.in_(bindparam("visitors", expanding=True)),
    messages.c.id.in_(bindparam("replies", expanding=True)),
)
REQUEST_STOP = update(messages).where(*OWN, RUNNING).values(stop_requested=True)
RUNNING_OF_VISITOR = (
    select(messages.c.id).where(messages.c.visitor_id == bindparam("visitor"), RUNNING).order_by(messages.c.position)
)
RUNNING_HERE = RUNNING_OF_VISITOR.where(messages.c.conversation_id == bindparam("conversation"))


class SqlReplyStore:
    """The ``ReplyStore`` in a database; what replies cost goes into the ``ledger`` in the same transactions."""

    def __init__(self, database: Database, ledger: SqlLedger) -> None:
        self._database = database
        self._ledger = ledger
        self._running = SHOW_RUNNING if database.is_sqlite else LOCK_RUNNING
        piece = database.insert(pieces)
        # The same piece may come again, and longer, where it was not clear whether it had been stored.
        self._add_pieces = Prepared(
            piece.values({column.name: bindparam(column.name) for column in pieces.c}).on_conflict_do_update(
                index_elements=[pieces.c.reply_position, pieces.c.begin_at], set_={"text": piece.excluded.text}
            )
        )
        self._signs = SignsOfLife(database)
        self._followed = (
            select(messages.c.id)
            .join(processes, processes.c.id == messages.c.id)
            .where(
                messages.c.owner == bindparam("owner"),
                RUNNING,
                processes.c.alive_at > database.now - bindparam("silence"),
            )
        )
        has_witness = self._signs.have_witness(messages.c.owner).label("has_witness")
        self._orphans = select(*REPLY, messages.c.owner, has_witness).where(
            RUNNING, self._signs.are_missing(messages.c.owner)
        )

    def find_asked(self, visitor_id: str, client_id: str) -> Asked | None:
        """Return what this visitor asked under that id before."""
        with self._database.reading() as connection:
            return find_asked(connection, visitor_id, client_id)

    def open(self, opening: Opening, owner: str, reservation: Reservation) -> Asked | None:
        """Reserve what the reply may cost, and keep the question and its empty, running reply."""

        def keep(connection: Connection) -> Asked | None:
            before = keep_opening(connection, self._database.positions, opening, owner)
            if before is None:
                self._ledger.reserve_in(connection, reservation, owner)
            return before

        try:
            return self._database.write(keep)
        except NotEnough:
            raise self._ledger.why_not(reservation) from None
        except Clash:
            # Another machine was faster with the same client id; or the visitor is gone.
            before = opening.asked and self.find_asked(opening.visitor_id, opening.asked.client_id)
            if not before:
                raise NotFound("There is no such conversation.") from None
            return before

    def checkpoint(self, owner: str, new: Mapping[str, Piece]) -> Mapping[str, bool]:
        """Add text to running replies of ``owner``; return all of them, and whether each is wanted stopped."""
        if not new:
            with self._database.reading() as connection:
                return _stops(SHOW_RUNNING.all(connection, {"owner": owner}))
        with self._database.writing() as connection:
            rows = self._running.all(connection, {"owner": owner})
            added = [_piece_row(row.position, new[row.id]) for row in rows if row.id in new]
            self._add_pieces.run_many(connection, added)
            return _stops(rows)

    def finish(self, record: ReplyRecord, owner: str, settlement: Settlement | None) -> Settled | None:
        """Store the end of a running reply of ``owner``, and settle what was reserved for it."""
        with self._database.writing() as connection:
            ended = FINISH.first(connection, _end_row(record, owner))
            settled = settlement and self._ledger.settle_in(connection, settlement, owner)
            if ended is None:
                return None
            DROP_PIECES.run(connection, {"at": ended.position})
            return settled or Settled()

    def find(self, visitor_id: str, reply_id: str) -> ReplyRecord | None:
        """Return the reply as it is stored now."""
        with self._database.reading() as connection:
            row = FIND.first(connection, {"visitor": visitor_id, "reply": reply_id})
            if row is None or row.role != Role.ASSISTANT.value:
                return None
            if row.state != ReplyState.RUNNING.value:
                return record_of(row, row.text)
            saved = saved_texts(connection, [row.position]).get(row.position, "")
            # It may have ended between the two looks: then its pieces are gone, and its text is whole.
            row = FIND.first(connection, {"visitor": visitor_id, "reply": reply_id})
            return None if row is None else record_of(row, row.text or saved)

    def news(self, offsets: Mapping[tuple[str, str], int]) -> Mapping[tuple[str, str], News]:
        """Return what is new in these replies since the given numbers of characters."""
        with self._database.reading() as connection:
            # First the pieces: of a reply that ends meanwhile they are dropped, but never before its text is whole.
            rows = _wanted(connection, offsets)
            running = [row.position for row in rows if row.state == ReplyState.RUNNING.value]
            saved = saved_texts(connection, running, dict(_offsets(rows, offsets)))
        return {(row.visitor_id, row.id): _news(row, offsets, saved) for row in rows}

    def request_stop(self, visitor_id: str, reply_id: str) -> None:
        """Ask the owner of a running reply to stop it."""
        with self._database.writing() as connection:
            connection.execute(REQUEST_STOP, {"visitor": visitor_id, "reply": reply_id})

    def note_followed(self, keys: Collection[tuple[str, str]]) -> None:
        """Note that these running replies are followed somewhere.

        They show life as processes do, under their own ids, and are forgotten in the same way.
        """
        # In one order for all processes: two of them would wait for each other.
        alive = [{"owner": reply_id} for reply_id in sorted(reply_id for _, reply_id in keys)]
        with self._database.writing() as connection:
            self._signs.show.run_many(connection, alive)

    def followed(self, owner: str, within_seconds: float) -> Collection[str]:
        """Return the running replies of ``owner`` for which that was noted so short a time ago."""
        values = {"owner": owner, "silence": round(within_seconds * 1000)}
        with self._database.reading() as connection:
            return set(connection.execute(self._followed, values).scalars())

    def running(self, visitor_id: str, conversation_id: str | None = None) -> Sequence[str]:
        """Return the running replies of a conversation, or of all that this visitor has."""
        statement = RUNNING_OF_VISITOR if conversation_id is None else RUNNING_HERE
        values = {"visitor": visitor_id} | ({} if conversation_id is None else {"conversation": conversation_id})
        with self._database.reading() as connection:
            return connection.execute(statement, values).scalars().all()

    def show_life(self, owner: str) -> None:
        """Note that the process ``owner`` lives."""
        with self._database.writing() as connection:
            self._signs.show.run(connection, {"owner": owner})

    def orphans(self, silence: Silence) -> Sequence[Orphan]:
        """Return running replies whose owner is silent, or has never shown life; forget such owners without any."""
        values, are_old = bound(silence), self._signs.are_old
        with self._database.reading() as connection:
            rows = connection.execute(self._orphans, values).all()
            saved = saved_texts(connection, [row.position for row in rows])
            silent = connection.execute(select(processes.c.id).where(are_old), values).scalars().all()
        if forgotten := set(silent) - {row.owner for row in rows}:
            with self._database.writing() as connection:
                connection.execute(delete(processes).where(are_old, processes.c.id.in_(forgotten)), values)
        return [Orphan(record_of(row, saved.get(row.position, "")), row.owner, bool(row.has_witness)) for row in rows]

    def close(self, closings: Sequence[Closing]) -> Collection[str]:
        """Store the ends of lost replies, and settle what was reserved for them; return those that were not yet."""
        records = {(each.reply_id, each.owner): each.record for each in closings if each.record is not None}
        with self._database.writing() as connection:
            positions = _positions_of_lost(connection, records)
            FINISH.run_many(connection, [_end_row(records[key], key[1]) for key in positions])
            DROP_PIECES.run_many(connection, [{"at": position} for position in positions.values()])
            settled = self._ledger.settle_many_in(
                connection,
                [
                    (each.settlement, each.owner)
                    for each in closings
                    if each.settlement and (each.record is None or (each.reply_id, each.owner) in positions)
                ],
            )
        return {reply_id for reply_id, _ in positions} | settled


def _end_row(record: ReplyRecord, owner: str) -> dict[str, Any]:
    return {"reply": record.id, "process": owner, "text": record.text, **ending_row(record)}


def _positions_of_lost(connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return where the running ones of these replies are kept, by their ids and owners; they are held."""
    values = {"replies": {reply_id for reply_id, _ in keys}, "owners": {owner for _, owner in keys}}
    rows = connection.execute(LOST, values).all()
    return {(row.id, row.owner): row.position for row in rows if (row.id, row.owner) in keys}


def _stops(rows: Iterable[Any]) -> dict[str, bool]:
    return {row.id: bool(row.stop_requested) for row in rows}


def _piece_row(position: int, piece: Piece) -> dict[str, Any]:
    return {"reply_position": position, "begin_at": piece.begin, "text": piece.text}


def _wanted(connection: Connection, keys: Collection[tuple[str, str]]) -> Sequence[Any]:
    """Return the replies of these visitors and ids; another one of them may have a reply of the same id."""
    values = {"visitors": {visitor_id for visitor_id, _ in keys}, "replies": {reply_id for _, reply_id in keys}}
    return [row for row in connection.execute(NEWS, values) if (row.visitor_id, row.id) in keys]


def _offsets(rows: Iterable[Any], offsets: Mapping[tuple[str, str], int]) -> Iterable[tuple[int, int]]:
    return ((row.position, offsets[row.visitor_id, row.id]) for row in rows)


def _news(row: Any, offsets: Mapping[tuple[str, str], int], saved: Mapping[int, str]) -> News:
    if row.state == ReplyState.RUNNING.value:
        return News(saved.get(row.position, ""))
    return News(row.text[offsets[row.visitor_id, row.id] :], record_of(row, row.text))
