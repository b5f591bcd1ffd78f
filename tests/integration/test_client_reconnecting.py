"""The client's kept answers over real sockets that break: at every byte, for a while, for ever."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chatapp.client import ChatClient, ConnectionLost, NotFound, Patience, ReplyStream
from tests.integration.kept_server import KeptServer, Line, cut, good, refused, reset, silent

TEXT = "Né 😀\u2028 ja."
NOTICED_WITHIN_SECONDS = 0.5
AT_ONCE = Patience(wait=lambda left, seconds: None)


@contextmanager
def asking(server: KeptServer, patience: Patience = AT_ONCE) -> Iterator[ReplyStream]:
    with ChatClient(server.address, token="t-1", patience=patience) as me, me.new_conversation().ask("Hi") as reply:
        yield reply


def place_of(server: KeptServer, text: str) -> int:
    """Return where in the answer's bytes the event with ``text`` has ended, and its chunk with it."""
    return server.wire().index(b"\n\n", server.wire().index(text.encode())) + len(b"\n\n\r\n")


@pytest.mark.parametrize(("broken", "step"), [(cut, 1), (reset, 7)], ids=["cut", "reset"])
def test_a_line_may_break_at_any_byte(broken: Callable[[int], Line], step: int) -> None:
    with KeptServer(TEXT) as server, ChatClient(server.address, token="t-1", patience=AT_ONCE) as me:
        talk = me.new_conversation()
        end = len(server.wire())
        for at in range(0, end, step):
            server.lines.append(broken(at))
            reply = talk.ask("Hi")
            assert "".join(reply) == TEXT, f"broken at byte {at} of {end}"
            assert reply.state == "complete"
            server.lines.clear()


def test_every_try_of_a_question_has_the_same_id() -> None:
    with KeptServer(TEXT, cut(0), reset(20), cut(60)) as server, asking(server) as reply:
        assert "".join(reply) == TEXT
        assert len(server.client_ids) == 4
        assert len(set(server.client_ids)) == 1


def test_line_after_line_may_break() -> None:
    with KeptServer(TEXT) as server:
        server.lines.extend(itertools.chain.from_iterable([cut(at), reset(at + 1)] for at in range(100, 700, 60)))
        with asking(server) as reply:
            assert "".join(reply) == TEXT

    assert server.offsets == sorted(server.offsets)
    assert server.offsets[-1] == len(TEXT)


def test_a_server_that_falls_silent_is_asked_again() -> None:
    patience = Patience(silence_seconds=0.5, wait=lambda left, seconds: None)
    with KeptServer(TEXT) as server:
        server.lines.append(silent(place_of(server, "Né")))
        with asking(server, patience) as reply:
            assert "".join(reply) == TEXT

    assert server.offsets == [2]


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    pauses: list[float] = []
    busy = refused(503, "shutting_down", {"Retry-After": "7"})
    with KeptServer(TEXT) as server:
        server.lines.extend([cut(place_of(server, "Né")), busy, busy])
        with asking(server, Patience(wait=lambda left, seconds: pauses.append(seconds))) as reply:
            assert "".join(reply) == TEXT

    assert pauses[1:] == [7, 7]
    assert server.offsets == [2, 2, 2]


def test_a_server_may_be_gone_for_a_while() -> None:
    with KeptServer(TEXT) as old:
        old.lines.append(cut(place_of(old, "Né")))
        came_back: list[KeptServer] = []

        def wait(left: threading.Event, seconds: float) -> None:
            if not came_back and len(pauses) > 1:
                new = KeptServer(TEXT, port=int(old.address.rpartition(":")[2]))
                new.start()
                came_back.append(new)
            pauses.append(seconds)

        pauses: list[float] = []
        with asking(old, Patience(wait=wait)) as reply:
            old.close()
            assert "".join(reply) == TEXT

    assert came_back[0].offsets == [2]
    came_back[0].close()


def test_a_server_that_stays_away_is_given_up() -> None:
    patience = Patience(seconds=0.3, pauses_seconds=(0.05,))
    with KeptServer(TEXT) as server:
        server.lines.append(cut(place_of(server, "Né")))
        with asking(server, patience) as reply:
            server.close()
            with pytest.raises(ConnectionLost, match="cannot be reached") as raised:
                list(reply)

    assert raised.value.partial == "Né"


def test_a_reply_that_is_gone_is_said_to_be_gone() -> None:
    with KeptServer(TEXT) as server:
        server.lines.extend([cut(place_of(server, "Né")), refused(404, "not_found")])
        with asking(server) as reply, pytest.raises(NotFound) as raised:
            list(reply)

    assert raised.value.partial == "Né"


def test_another_thread_can_leave_while_text_is_waited_for() -> None:
    with KeptServer(TEXT) as server:
        server.lines.append(silent(place_of(server, "Né")))
        with asking(server, Patience()) as reply:
            rest = left_by_another_thread(reply)

        assert rest == []
        assert (len(server.exchanges), reply.state) == (2, "running")


def test_another_thread_can_leave_while_the_line_is_down() -> None:
    patience = Patience(seconds=3600, pauses_seconds=(600,))
    with KeptServer(TEXT, good) as server:
        server.lines.appendleft(cut(place_of(server, "Né")))
        with asking(server, patience) as reply:
            assert left_by_another_thread(reply) == []


def left_by_another_thread(reply: ReplyStream) -> list[str]:
    """Read the first piece, leave while a thread reads on, and return what that thread still got."""
    assert next(reply) == "Né"
    rest: list[str] = []
    reader = threading.Thread(target=lambda: rest.extend(reply), daemon=True)
    reader.start()
    time.sleep(0.05)  # until it waits; earlier would be no less right
    left_at = time.monotonic()
    reply.close()
    reader.join(timeout=5)
    assert time.monotonic() - left_at < NOTICED_WITHIN_SECONDS
    return rest
