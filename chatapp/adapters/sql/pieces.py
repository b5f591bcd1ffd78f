"""The text of replies that are still being made, as far as it has been stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Connection, bindparam, select

from chatapp.adapters.sql.tables import pieces

POSITIONS: BindParameter[int] = bindparam("positions", expanding=True)
SAVED = (
    select(pieces.c.reply_position, pieces.c.begin_at, pieces.c.text)
    .where(pieces.c.reply_position.in_(POSITIONS))
    .order_by(pieces.c.reply_position, pieces.c.begin_at)
)


def saved_texts(
    connection: Connection, positions: Sequence[int], offsets: Mapping[int, int] | None = None
) -> Mapping[int, str]:
    """Return the text of running replies by their position, what comes before an offset left out."""
    texts: dict[int, list[str]] = defaultdict(list)
    if positions:
        for row in connection.execute(SAVED, {"positions": positions}):
            skip = (offsets or {}).get(row.reply_position, 0) - row.begin_at
            if skip < len(row.text):
                texts[row.reply_position].append(row.text[max(skip, 0) :])
    return {position: "".join(parts) for position, parts in texts.items()}
