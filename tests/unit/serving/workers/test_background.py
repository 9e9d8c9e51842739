"""Heavy work gives way to whoever answers people."""

import asyncio
import os
import sys
import threading
import time

import pytest
import structlog
from structlog.testing import capture_logs

from matinee.serving.workers import background
from matinee.serving.workers.background import (
    NICENESS,
    run_in_background,
    run_steps_in_background,
    submit_to_background,
)


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only a whole process can be nice")
def test_it_runs_in_a_thread_of_lower_priority_and_the_others_keep_theirs():
    before = niceness()

    async def both():
        return await run_in_background(niceness), niceness()

    assert asyncio.run(both()) == (max(before, NICENESS), before)


def test_one_thing_at_a_time_and_its_error_is_that_of_who_asked():
    running = []

    def work(number):
        running.append(number)
        assert len(running) == 1
        running.remove(number)
        return 1 / number

    async def many():
        return await asyncio.gather(
            *(run_in_background(lambda n=n: work(n)) for n in (1, 0, 2)), return_exceptions=True
        )

    one, error, half = asyncio.run(many())
    assert (one, type(error), half) == (1, ZeroDivisionError, 0.5)


def test_what_nobody_waits_for_is_done_and_its_failure_is_in_the_log(monkeypatch):
    done = []
    monkeypatch.setattr(background, "log", structlog.get_logger())  # the module's own may be bound to another output
    with capture_logs() as said:
        submit_to_background(lambda: done.append(1 / 0))
        submit_to_background(lambda: done.append("more"))
        asyncio.run(run_in_background(lambda: None))
    assert done == ["more"]
    assert [line["event"] for line in said] == ["background_work_failed"]


@pytest.fixture
def starved(monkeypatch):
    """The background executor is held up for the whole test, as by a machine that others keep busy."""
    monkeypatch.setattr(background, "PATIENCE_S", 0.05)
    monkeypatch.setattr(background, "log", structlog.get_logger())
    end = threading.Event()
    submit_to_background(end.wait)
    yield
    end.set()


@pytest.mark.usefixtures("starved")
def test_work_that_gets_no_processor_time_at_low_priority_is_done_at_usual_priority():
    assert asyncio.run(run_in_background(threading.get_native_id)) != threading.main_thread().native_id


@pytest.mark.usefixtures("starved")
def test_the_error_of_work_that_was_starved_is_that_of_who_asked():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_in_background(lambda: 1 / 0))


@pytest.mark.usefixtures("starved")
def test_steps_that_cannot_begin_are_taken_at_usual_priority():
    taken = []
    asyncio.run(run_steps_in_background(taken.append(n) for n in range(3)))
    assert taken == [0, 1, 2]


def test_steps_that_take_too_long_at_low_priority_go_on_at_usual_priority_where_they_were(monkeypatch):
    monkeypatch.setattr(background, "PATIENCE_S", 0.1)
    monkeypatch.setattr(background, "log", structlog.get_logger())
    taken = []

    def steps():
        for number in range(6):
            time.sleep(0.05)
            taken.append((number, threading.get_native_id()))
            yield

    asyncio.run(run_steps_in_background(steps()))
    numbers, threads = zip(*taken, strict=True)
    assert numbers == tuple(range(6))
    assert len(set(threads)) == 2


def test_the_error_of_a_step_is_that_of_who_asked():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_steps_in_background(1 / n for n in (1, 0)))
