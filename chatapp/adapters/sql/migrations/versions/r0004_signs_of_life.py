"""The sign of life before the last one: a process that gives one each second still shows that it did a while ago."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it; nobody has given one."""
    op.add_column("processes", sa.Column("alive_before", sa.BigInteger))
