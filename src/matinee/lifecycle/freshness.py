"""What a day of learning is worth: production beside itself of some days ago, on the people of each new chunk."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from math import sqrt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.ratings.comparison_tables import FreshnessRow
from matinee.ratings.database import engine, writing
from matinee.settings import Settings

AGES = (1, 7, 30)
"""How many days older the other model is, at least."""

RECENT_CHUNKS = 30
"""Newest chunks that the value is told of."""

_NORMAL_95 = 1.96


@dataclass(frozen=True)
class GainOnChunk:
    """What the newer model gave the people of one chunk, and the older one."""

    chunk_id: int
    days: int
    """Which of `AGES`."""
    at: datetime
    """End of the chunk."""
    n_users: int
    own: float
    """Mean NDCG@10 of the newer model."""
    other: float
    """That of the older one."""
    variance: float
    """Of the differences, one a user."""


@dataclass(frozen=True)
class GainOverAge:
    """The same over several chunks, in parts of the older model's mean."""

    days: int
    difference: float
    low: float
    high: float
    """95 % interval of one look, users taken as independent."""
    n_users: int
    n_chunks: int


class FreshnessStore:
    """The values of one home."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def keep(self, gains: Iterable[GainOnChunk]) -> None:
        """Write what was found on a chunk, instead of what was found before."""
        with writing(self._database) as session:
            for each in gains:
                session.merge(FreshnessRow(**asdict(each)))

    def newest(self, n_chunks: int = RECENT_CHUNKS) -> list[GainOnChunk]:
        """Those of the newest chunks that have any, oldest first."""
        table = FreshnessRow
        chunks = sa.select(table.chunk_id).distinct().order_by(table.chunk_id.desc()).limit(n_chunks)
        with Session(self._database) as session:
            wanted = set(session.scalars(chunks))
            query = sa.select(table).where(table.chunk_id.in_(wanted)).order_by(table.chunk_id, table.days)
            return [
                GainOnChunk(row.chunk_id, row.days, row.at, row.n_users, row.own, row.other, row.variance)
                for row in session.scalars(query)
            ]


def pooled(gains: Iterable[GainOnChunk]) -> list[GainOverAge]:
    """All chunks together, for each age that has people and something to compare with."""
    gains = list(gains)
    found = (_pooled(age, [each for each in gains if each.days == age]) for age in AGES)
    return [each for each in found if each is not None]


def _pooled(days: int, gains: list[GainOnChunk]) -> GainOverAge | None:
    n_users = sum(each.n_users for each in gains)
    scale = sum(each.n_users * each.other for each in gains)
    if n_users < 2 or scale <= 0:
        return None
    mean = sum(each.n_users * (each.own - each.other) for each in gains) / scale
    half = _NORMAL_95 * sqrt(sum(each.n_users * each.variance for each in gains)) / scale
    return GainOverAge(days, mean, mean - half, mean + half, n_users, len(gains))
