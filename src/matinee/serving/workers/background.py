"""The background executor: one thread of low priority in each worker, for heavy work beside its answers."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

NICENESS = 15
"""Of the thread: between two that are ready, the one that answers people gets nearly all of the processor."""


async def run_in_background(work: Callable[[], T]) -> T:
    """Do `work` in the background executor and return its result; work is done in the order of the calls."""
    return await asyncio.get_running_loop().run_in_executor(_executor, work)


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
