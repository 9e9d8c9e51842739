"""What was shown to whom: noted in memory, and written to Parquet beside the requests.

    impressions/2026-11-23/184500.123456-4711-1f0c2a9b.parquet     one row a list; see `SCHEMA`

Notes of the last seconds are lost when a process is killed; ratings never are. The memory is bounded: when notes come
faster than the disk takes them, the oldest go, and are counted.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex

import polars as pl
import structlog

from matinee import clock
from matinee.errors import StorageError
from matinee.ratings.importing.schema import INSTANT
from matinee.serving.prometheus import Metrics
from matinee.storage import Storage, write_parquet

log = structlog.get_logger()

FOLDER = "impressions"
BOUND = 20_000
"""Lists that wait in memory at most."""

_SLICE, _PAUSE_S = 100, 0.005
"""Lists that become rows of a table at once, which takes a millisecond; and how long answers go first after it."""

SCHEMA = pl.Schema(
    {
        "request_id": pl.String(),
        "user_id": pl.String(),
        "policy": pl.String(),
        "model_version": pl.String(),
        "run_id": pl.String(),
        "movie_ids": pl.List(pl.String()),
        "explored": pl.List(pl.String()),
        "propensity": pl.Float64(),
        "shown_at": INSTANT,
    }
)
"""`user_id` is null for a session without a user; `movie_ids` are in the order in which they were shown. Those that are
`explored` were in the list because they are new, each with the probability `propensity`; null where none could be."""


@dataclass(frozen=True, slots=True)
class Impression:
    """A list that was answered."""

    request_id: str
    user_id: str | None
    policy: str
    model_version: str | None
    run_id: str | None
    movie_ids: Sequence[str]
    explored: Sequence[str] = ()
    propensity: float | None = None
    shown_at: datetime = field(default_factory=clock.now)


def _table(impressions: Sequence[Impression], pause_s: float) -> pl.DataFrame:
    """The columns of `SCHEMA`, made in slices: while one is made nobody is answered."""
    parts = []
    for start in range(0, len(impressions), _SLICE):
        part = impressions[start : start + _SLICE]
        parts.append(pl.DataFrame({name: [getattr(each, name) for each in part] for name in SCHEMA}, SCHEMA))
        time.sleep(pause_s)
    return pl.concat(parts)


class Impressions:
    """The impressions of one worker.

    Args:
        storage: where the files go, below `impressions/`, one folder a day.
        metrics: what is written and dropped is counted there.
        interval_s: time between two files; 0 to note nothing.
        days: how long files are kept.
        bound: lists that wait in memory at most.
    """

    def __init__(
        self, storage: Storage, metrics: Metrics, interval_s: float = 30.0, days: int = 90, bound: int = BOUND
    ) -> None:
        self._storage = storage
        self._metrics = metrics
        self._interval_s = interval_s
        self._days = days
        self._bound = bound
        self._waiting: deque[Impression] = deque()

    def note(self, impression: Impression) -> None:
        """Remember a list until the next file is written."""
        if not self._interval_s:
            return
        self._waiting.append(impression)
        self._drop_beyond_bound()

    async def run(self) -> None:
        """Write a file every `interval_s`, until cancelled; what is left then is for `flush`."""
        while self._interval_s:
            await asyncio.sleep(self._interval_s)
            await self.flush(_PAUSE_S)

    async def flush(self, pause_s: float = 0.0) -> None:
        """Write what waits; after a failure it goes on waiting.

        Args:
            pause_s: how long answers go first after each slice.
        """
        taken, self._waiting = list(self._waiting), deque()
        if not taken:
            return
        try:
            await asyncio.to_thread(self._write, taken, pause_s)
        except StorageError as error:
            log.warning("impressions_not_written", lists=len(taken), reason=str(error))
            self._metrics.health.report("impressions", f"What is shown cannot be noted: {error}")
            self._waiting.extendleft(reversed(taken))
            self._drop_beyond_bound()
        else:
            self._metrics.health.report("impressions", None)
            self._metrics.observe_impressions("written", len(taken))
            await self._remove_old()

    def _write(self, taken: Sequence[Impression], pause_s: float) -> None:
        now = clock.now()
        # Workers of two machines may have one process id.
        name = f"{FOLDER}/{now:%Y-%m-%d}/{now:%H%M%S.%f}-{os.getpid()}-{token_hex(4)}.parquet"
        write_parquet(self._storage, name, _table(taken, pause_s))

    async def _remove_old(self) -> None:
        """Apart from writing: lists that are on the disk are not written again because an old day stays there."""
        try:
            await asyncio.to_thread(self._delete_old_days)
        except StorageError as error:
            log.warning("old_impressions_not_removed", reason=str(error))
            self._metrics.health.report("old impressions", f"What was shown long ago cannot be removed: {error}")
        else:
            self._metrics.health.report("old impressions", None)

    def _delete_old_days(self) -> None:
        oldest = f"{FOLDER}/{clock.now() - timedelta(days=self._days):%Y-%m-%d}"
        for day in self._storage.list(FOLDER):
            if day < oldest:
                self._storage.delete(day)

    def _drop_beyond_bound(self) -> None:
        while len(self._waiting) > self._bound:
            self._waiting.popleft()
            self._metrics.observe_impressions("dropped", 1)
