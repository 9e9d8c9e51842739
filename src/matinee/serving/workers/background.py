"""Heavy work beside the answers of a worker: in one thread, which the system lets run when nobody else wants to."""

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


async def aside(work: Callable[[], T]) -> T:
    """What `work` returns; what is asked for meanwhile waits for its turn."""
    return await asyncio.get_running_loop().run_in_executor(_executor, work)


def afterwards(work: Callable[[], None]) -> None:
    """Do `work` when there is time; nobody waits for it."""
    _executor.submit(work).add_done_callback(_tell_failure)


def _tell_failure(done: Future[None]) -> None:
    if (error := done.exception()) is not None:
        log.warning("left_undone", reason=repr(error))


def _give_way() -> None:
    if sys.platform == "linux":  # elsewhere only a whole process can be nice
        thread = threading.get_native_id()
        # A process that is nicer already may not take it back.
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


_executor = ThreadPoolExecutor(1, "aside", _give_way)
