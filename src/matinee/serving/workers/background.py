"""The background executor: one thread of low priority in each worker, for heavy work beside its answers.

Such a thread gets next to nothing of a machine that others keep busy: beside ten processes on two cores less than a
hundredth of one. So nobody waits for it longer than `PATIENCE_S`.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from math import inf
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

NICENESS = 15
"""Of the thread: between two that are ready, the one that answers people gets nearly all of the processor."""

PATIENCE_S = 5.0
"""How long work may take at low priority: loading and checking the largest model takes less than one."""


async def run_in_background(work: Callable[[], T]) -> T:
    """Do `work` in the background executor and return its result; work is done in the order of the calls.

    What is not done after `PATIENCE_S` is done again at usual priority, while the first try may go on: so `work` may
    have no effect that is not welcome twice.
    """
    first = asyncio.get_running_loop().run_in_executor(_executor, work)
    try:
        done, _ = await asyncio.wait([first], timeout=PATIENCE_S)
        if done:
            return first.result()
    finally:
        first.cancel()  # if it has not begun; nobody waits for it any more
    log.warning("background_starved", waited_s=PATIENCE_S)
    return await asyncio.to_thread(work)


async def run_steps_in_background(steps: Iterator[None]) -> None:
    """Take `steps` to their end in the background executor; those that are left after `PATIENCE_S` at usual priority.

    Never two at a time, so they may have any effect.
    """
    deadline = time.monotonic() + PATIENCE_S
    low = _executor.submit(lambda: _took_all(steps, deadline))
    waiting = asyncio.wrap_future(low)
    await asyncio.wait([waiting], timeout=PATIENCE_S)
    has_not_begun = low.cancel()
    if has_not_begun or not await waiting:
        log.warning("background_starved", waited_s=PATIENCE_S)
        await asyncio.to_thread(_took_all, steps, inf)


def _took_all(steps: Iterator[None], deadline: float) -> bool:
    return all(time.monotonic() < deadline for _ in steps)


def submit_to_background(work: Callable[[], None]) -> None:
    """Do `work` in the background executor; nobody waits for it, and a failure is logged."""
    _executor.submit(work).add_done_callback(_log_failure)


def _log_failure(done: Future[None]) -> None:
    if (error := done.exception()) is not None:
        log.warning("background_work_failed", reason=repr(error))


def _lower_priority() -> None:
    if sys.platform == "linux":  # elsewhere only a whole process can be nice
        thread = threading.get_native_id()
        # A process that is nicer already may not take it back.
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


_executor = ThreadPoolExecutor(1, "background", _lower_priority)
