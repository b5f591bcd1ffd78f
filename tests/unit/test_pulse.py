"""What must be done a few times a second."""

import threading

import pytest

from chatapp.adapters.system import Pulse, new_id

PATIENCE_SECONDS = 5.0


class Counted:
    """A beat that tells when it was called so often."""

    def __init__(self, enough: int = 3) -> None:
        self.count = 0
        self._enough = enough
        self._reached = threading.Event()

    def __call__(self) -> None:
        self.count += 1
        if self.count >= self._enough:
            self._reached.set()

    def wait(self) -> None:
        assert self._reached.wait(PATIENCE_SECONDS), f"only {self.count} beats"


@pytest.fixture
def beat() -> Counted:
    return Counted()


def test_all_beats_come_again_and_again(beat: Counted) -> None:
    other = Counted()
    pulse = Pulse([beat, other], interval_seconds=0.001)

    pulse.start()
    beat.wait()
    other.wait()
    pulse.stop()


def test_it_does_not_beat_before_it_is_started(beat: Counted) -> None:
    Pulse([beat], interval_seconds=0)

    assert beat.count == 0


def test_a_beat_that_fails_holds_up_nobody(beat: Counted, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    pulse = Pulse([fail, beat], interval_seconds=0.001)

    pulse.start()
    beat.wait()
    pulse.stop()

    assert "ZeroDivisionError" in caplog.text


def test_it_ends_when_it_is_stopped() -> None:
    pulse = Pulse([lambda: pulse.stop(), beat := Counted(1)], interval_seconds=0.001)

    pulse.start()
    beat.wait()
    other = Counted(3)
    Pulse([other], interval_seconds=0.001).start()
    other.wait()

    assert beat.count == 1


def test_ids_are_random_and_long() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in ids)
