"""Background tasks of a worker: one that dies is noticed, told and started again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth

log = structlog.get_logger()

FIRST_PAUSE_S, LAST_PAUSE_S = 1.0, 30.0
"""Before a task is started again; doubled each time until one has settled."""
SETTLED_S = 60.0
"""A task that has run for so long is well."""


async def keep_running(name: str, run: Callable[[], Awaitable[None]], health: WorkerHealth, metrics: Metrics) -> None:
    """Run a task, and run it again whenever it dies; until it returns or is cancelled."""
    pause_s = FIRST_PAUSE_S
    while True:
        started = time.monotonic()
        settled = asyncio.get_running_loop().call_later(SETTLED_S, health.report, name, None)
        try:
            await run()
        except Exception as error:
            log.exception("background_task_died", task=name)
            metrics.observe_task_failure(name)
            health.report(name, f"This background task died and is started again: {error!r}.")
        else:
            return
        finally:
            settled.cancel()
        has_settled = time.monotonic() - started > SETTLED_S
        pause_s = FIRST_PAUSE_S if has_settled else pause_s
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LAST_PAUSE_S)
