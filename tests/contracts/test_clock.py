"""What every ``Clock`` says."""

from datetime import timedelta

from chatapp.domain.ports import Clock


def test_the_time_is_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_time_never_runs_backwards(clock: Clock) -> None:
    moments = [(clock.monotonic(), clock.now()) for _ in range(100)]

    assert moments == sorted(moments)
