"""Whatever happens to a reply and its storage, in any order: it ends, nothing is left over, and all hear the same."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.adapters.memory import MemoryConversationStore
from chatapp.domain.errors import ChatError
from chatapp.domain.live import Follower
from chatapp.domain.reply import OnDisconnect, ReplyState
from tests.samples import once
from tests.unit.deterministic import Meanwhile
from tests.unit.making_replies import ALICE, Stage
from tests.unit.two_processes import Pair, ShakyStore, heard

WORDS = ["one ", "two ", "three ", "four"]
METHODS = ["show_life", "checkpoint", "finish", "news", "orphans", "find", "note_followed", "followed"]


@dataclass
class Storm:
    """A reply made ``here`` while things happen to it, each named by a method below."""

    happenings: list[list[tuple[str, str, int]]]
    policy: OnDisconnect
    readers: list[tuple[Follower, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let it happen, and then let both processes live in peace until all is over."""
        parts: list[str | Meanwhile] = []
        for word, happening in zip(WORDS, self.happenings, strict=True):
            parts += [word, Meanwhile(lambda happening=happening: self.happen(happening))]  # type: ignore[misc]  # bound
        self.pair = Pair(once(*parts))
        with suppress(ChatError):
            self.readers.append((self.pair.here.open(on_disconnect=self.policy), 0))
        self.pair.runner.run()
        for store in (self.pair.store_here, self.pair.store_there):
            store.down = frozenset()
        self.pair.pass_time(40, self.pair.here, self.pair.there)

    def happen(self, happening: list[tuple[str, str, int]]) -> None:
        for name, where, number in happening:
            stage = self.pair.here if where == "here" else self.pair.there
            with suppress(ChatError):
                getattr(self, name)(stage, number)

    def beat(self, stage: Stage, _: int) -> None:
        stage.replies.beat()

    def look_elsewhere(self, stage: Stage, _: int) -> None:
        stage.mirrors.beat()

    def pass_time(self, _: Stage, number: int) -> None:
        self.pair.clock.advance(number)

    def stall(self, __: Stage, number: int) -> None:
        for _ in range(number):
            self.pair.clock.advance(1)
            for beat in (self.beat, self.look_elsewhere):
                with suppress(ChatError):
                    beat(self.pair.there, 0)

    def fail(self, stage: Stage, number: int) -> None:
        store = stage.store
        assert isinstance(store, ShakyStore)
        store.down = store.down ^ {METHODS[number % len(METHODS)]}

    def follow(self, stage: Stage, number: int) -> None:
        self.readers.append((stage.replies.follow(ALICE, "r1", number), number))

    def leave(self, _: Stage, number: int) -> None:
        if self.readers:
            self.readers.pop(number % len(self.readers))[0].leave()

    def stop(self, stage: Stage, _: int) -> None:
        assert stage.store is not None
        stage.store.request_stop(ALICE, "r1")

    def delete(self, stage: Stage, _: int) -> None:
        MemoryConversationStore(stage.database).delete(ALICE, "c1")

    def shut_down(self, _: Stage, __: int) -> None:
        self.pair.here.replies.interrupt_all()


COMMON = ["beat", "look_elsewhere", "pass_time", "fail", "follow", "leave"]
HAPPENING = st.tuples(
    st.sampled_from([*COMMON * 3, "stall", "stall", "stop", "delete", "shut_down"]),
    st.sampled_from(["here", "there"]),
    st.integers(0, 13),
)
STORMS = st.builds(
    Storm,
    st.lists(st.lists(HAPPENING, max_size=6), min_size=len(WORDS), max_size=len(WORDS)),
    st.sampled_from(OnDisconnect),
)


@settings(max_examples=150, deadline=None)
@given(STORMS)
def test_whatever_happens_a_reply_ends_and_nothing_is_left_over(storm: Storm) -> None:
    pair = storm.pair
    news = pair.store_there.uses["news"]
    pair.there.mirrors.beat()
    record = pair.store_there.find(ALICE, "r1")

    assert record is None or record.state.is_final
    assert (pair.here.replies.open_replies, pair.here.keeper.unsaved("r1")) == (0, None)
    assert pair.store_there.uses["news"] == news


@settings(max_examples=150, deadline=None)
@given(STORMS)
def test_whatever_happens_all_readers_are_told_what_is_stored(storm: Storm) -> None:
    record = storm.pair.store_there.find(ALICE, "r1")

    for reader, offset in storm.readers:
        text = heard(reader)
        assert reader.outcome is not None
        assert "".join(WORDS)[offset:].startswith(text)
        if record is not None and record.state is not ReplyState.LOST:
            assert (record.text[offset:], record.state) == (text, reader.outcome.state)
        elif record is not None:  # the process that made it may have told more than it could store
            assert text.startswith(record.text[offset:])
