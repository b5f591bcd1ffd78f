"""What must be done a few times a second."""

import threading

import pytest

from chatapp.adapters.system import RECOVERED_AFTER_SECONDS, Beat, Pulse, new_id
from tests.unit.deterministic import FakeClock

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


class Shaky:
    """A beat that fails as it is told to, four times a second."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.error: Exception | None = None
        self.beat = Beat(self.work, self.clock.monotonic)

    def work(self) -> None:
        if self.error is not None:
            raise self.error

    def go_on(self, seconds: float, error: Exception | None = None) -> None:
        """Let so much time pass, in which this goes wrong each time."""
        self.error = error
        for _ in range(round(seconds * 4)):
            self.clock.advance(0.25)
            self.beat()


def test_an_outage_is_logged_when_it_begins_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    shaky = Shaky()

    for _ in range(10):  # as where only every second or third beat has something to do
        shaky.go_on(5, OSError())
        shaky.go_on(RECOVERED_AFTER_SECONDS - 1)
    shaky.go_on(60)

    assert [line.getMessage().partition(" ")[2] for line in caplog.records] == [
        "failed; it is tried again and again",
        "goes well again",
    ]
    assert all(line.getMessage().startswith("Shaky.work ") for line in caplog.records)


def test_another_kind_of_failure_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    shaky = Shaky()

    for error in (OSError(), ZeroDivisionError(), OSError()):
        shaky.go_on(5, error)

    assert [line.exc_info and line.exc_info[0] for line in caplog.records] == [OSError, ZeroDivisionError]


def test_the_next_outage_is_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    shaky = Shaky()

    for _ in range(2):
        shaky.go_on(5, OSError())
        shaky.go_on(60)

    assert len(caplog.records) == 4


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
