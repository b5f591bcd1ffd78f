"""While another program keeps all writers from the storage, the living can show no sign of life, and are not dead."""

from __future__ import annotations

from contextlib import suppress

import pytest

from chatapp.domain.errors import StorageUnavailable
from chatapp.domain.keeping import DEAD_AFTER_SECONDS, ORPHANS_EVERY_SECONDS, SIGN_OF_LIFE_SECONDS
from chatapp.domain.reply import ReplyState
from tests.unit.two_processes import Pair

WRITES = frozenset({"show_life", "checkpoint", "finish"})


@pytest.mark.parametrize("first", ["here", "there"])
def test_a_process_that_could_not_write_is_not_taken_for_dead(first: str) -> None:
    pair = Pair()
    stages = [pair.here, pair.there] if first == "here" else [pair.there, pair.here]
    pair.here.open()
    pair.pass_time(2 * ORPHANS_EVERY_SECONDS, *stages)
    pair.store_here.down = pair.store_there.down = WRITES
    for _ in range(round(2 * DEAD_AFTER_SECONDS / SIGN_OF_LIFE_SECONDS)):
        pair.clock.advance(SIGN_OF_LIFE_SECONDS)
        for stage in stages:
            with suppress(StorageUnavailable):
                stage.replies.beat()
    pair.store_here.down = pair.store_there.down = frozenset()

    pair.pass_time(2 * DEAD_AFTER_SECONDS, *stages)

    assert pair.there.find("r1").state is ReplyState.RUNNING
