"""What is wrong with a worker, for readiness and metrics; and background tasks, which are restarted when they die."""

import asyncio
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

log = structlog.get_logger()

RESTART_FIRST_S, RESTART_LAST_S = 1.0, 30.0
"""Pause before a background task that died is started again; doubled each time until it has run for a while."""
SETTLED_S = 60.0
"""A background task that has run for so long is well."""
DISK_RESERVE_BYTES = 1 << 20
"""Less free space than this is a full disk: a rating may not be stored any more."""


class Health:
    """The problems of one worker, each under the name of the part that has it."""

    def __init__(self, home: Path, on_task_failure: Callable[[str], None]) -> None:
        """Watch the disk of `home`; `on_task_failure` is told the name of each background task that dies."""
        self._home = home
        self._on_task_failure = on_task_failure
        self._problems: dict[str, str] = {}

    def report(self, part: str, problem: str | None) -> None:
        """Remember what is wrong with a part; None when it is well again."""
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem

    def problems(self) -> dict[str, str]:
        """What is wrong now, by part; `disk` is looked at each time."""
        disk = disk_problem(self._home)
        return self._problems | ({"disk": disk} if disk else {})

    async def keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a background task, and run it again when it dies; until it returns or is cancelled."""
        pause_s = RESTART_FIRST_S
        while True:
            started = time.monotonic()
            settled = asyncio.get_running_loop().call_later(SETTLED_S, self.report, name, None)
            try:
                await run()
            except Exception as error:
                log.exception("background_task_died", task=name)
                self._on_task_failure(name)
                self.report(name, f"The background task died and is restarted: {error!r}.")
            else:
                return
            finally:
                settled.cancel()
            pause_s = RESTART_FIRST_S if time.monotonic() - started > SETTLED_S else min(2 * pause_s, RESTART_LAST_S)
            await asyncio.sleep(pause_s)


def free_bytes(home: Path) -> int:
    """Space that is left for the home; 0 where nothing can be written."""
    if not os.access(home, os.W_OK):
        return 0
    return shutil.disk_usage(home).free


def disk_problem(home: Path) -> str | None:
    """What keeps a home from being written to; None when nothing does."""
    try:
        free = free_bytes(home)
    except OSError as error:
        return f"The disk of {home} cannot be used: {error}."
    if free >= DISK_RESERVE_BYTES:
        return None
    return f"The disk of {home} is full or read-only ({free >> 20} MB are free): ratings and models may not be stored."
