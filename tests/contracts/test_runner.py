"""What every ``Runner`` does with the work it is given."""

import threading
from functools import partial

import pytest

from chatapp.adapters.system import ThreadRunner
from chatapp.domain.ports import Runner
from tests.contracts.providers import until
from tests.unit.deterministic import SteppedRunner


def let_run(runner: Runner) -> None:
    if isinstance(runner, SteppedRunner):
        runner.run()


def test_work_is_done_exactly_once(runner: Runner) -> None:
    done: list[str] = []

    task = runner.start("work", lambda: done.append("work"))
    let_run(runner)

    until(lambda: not task.is_alive())
    assert done == ["work"]


def test_each_piece_of_work_is_a_task_of_its_own(runner: Runner) -> None:
    done: list[int] = []

    tasks = [runner.start(f"work-{number}", partial(done.append, number)) for number in range(5)]
    let_run(runner)

    until(lambda: not any(task.is_alive() for task in tasks))
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_work_that_has_not_ended_is_alive() -> None:
    gate = threading.Event()

    def wait_for_gate() -> None:
        gate.wait(5)

    task = ThreadRunner().start("work", wait_for_gate)

    assert task.is_alive()
    gate.set()
    until(lambda: not task.is_alive())


def test_work_that_dies_of_a_bug_is_dead_and_on_record(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("no number")

    task = ThreadRunner().start("work-7", fail)

    until(lambda: not task.is_alive())
    assert "The task work-7 failed" in caplog.text
    assert "no number" in caplog.text
