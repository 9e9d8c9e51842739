"""Heavy work gives way to whoever answers people."""

import asyncio
import os
import sys
import threading

import pytest
import structlog
from structlog.testing import capture_logs

from matinee.serving.workers import background
from matinee.serving.workers.background import NICENESS, run_in_background, submit_to_background


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
