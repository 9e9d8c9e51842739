"""What was found when two models were compared on the same people, day by day: the evidence of the gate.

A pair is a text that says what is compared with what. Its values are of one day each, written when the day's chunk is
evaluated, and written again when it is evaluated again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from matinee.evaluation.evidence import Differences
from matinee.ratings.database import ModelComparisonRow, engine, writing
from matinee.settings import Settings


@dataclass(frozen=True)
class Compared:
    """All that is known of a pair."""

    differences: Differences
    """Own minus other."""
    other_mean: float
    """Mean of the other, to which differences are told; 0 without any."""
    segments: NDArray[np.str_]
    """Segment of each value, shape (n,); empty where nobody knows it."""

    def of_segment(self, name: str) -> Differences:
        """Those of one segment."""
        own = self.segments == name
        return Differences(self.differences.values[own], self.differences.users[own], self.differences.days[own])


class Comparisons:
    """The values of one home."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def keep(
        self,
        pair: str,
        chunk_id: int,
        at: datetime,
        values: Mapping[str, tuple[float, float]],
        segments: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what a pair gave the people of a chunk, instead of what was kept of it before.

        Args:
            pair: what is compared with what.
            chunk_id: the chunk; neither model has learned it.
            at: end of its time.
            values: NDCG@10 of own and other, by user id.
            segments: of each user, where they are known.
        """
        rows = [
            {"pair": pair, "chunk_id": chunk_id, "user_key": _key(user), "day": at.date().toordinal(), "own": own,
             "other": other, "segment": (segments or {}).get(user, "")}
            for user, (own, other) in values.items()
        ]  # fmt: skip
        table = ModelComparisonRow
        with writing(self._database) as session:
            session.execute(sa.delete(table).where(table.pair == pair, table.chunk_id == chunk_id))
            if rows:
                session.execute(sa.insert(table), rows)

    def of(self, pair: str) -> Compared:
        """Everything that was kept of a pair, in order of days."""
        table = ModelComparisonRow
        columns = (table.user_key, table.day, table.own, table.other, table.segment)
        wanted = sa.select(*columns).where(table.pair == pair)
        with Session(self._database) as session:
            rows = session.execute(wanted.order_by(table.day, table.user_key)).all()
        users, days = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))
        own, other = (np.array([row[place] for row in rows], float) for place in (2, 3))
        mean = float(other.mean()) if len(rows) else 0.0
        return Compared(Differences(own - other, users, days), mean, np.array([row[4] for row in rows], np.str_))

    def days_since(self, user_id: str) -> dict[str, int]:
        """Pairs that were compared on a user, and how many days ago each was last compared on anybody.

        Days are counted back from the newest one of any pair, as by `prune`.
        """
        table = ModelComparisonRow
        newest = sa.select(sa.func.max(table.day)).scalar_subquery()
        own = sa.select(table.pair).where(table.user_key == _key(user_id))
        ages = sa.select(table.pair, newest - sa.func.max(table.day)).where(table.pair.in_(own)).group_by(table.pair)
        with Session(self._database) as session:
            return dict(session.execute(ages).all())

    def prune(self, days: int, *, dry_run: bool) -> int:
        """Remove what was kept of pairs that were not compared in the newest `days`; returns how many rows that is.

        Days are counted back from the newest one of any pair, which is the home's clock and not this machine's.
        """
        table = ModelComparisonRow
        newest = sa.select(sa.func.max(table.day)).scalar_subquery()
        left = sa.select(table.pair).group_by(table.pair).having(sa.func.max(table.day) <= newest - days)
        with writing(self._database) as session:
            counted = sa.select(sa.func.count()).select_from(table).where(table.pair.in_(left))
            n_rows = session.scalar(counted) or 0
            if n_rows and not dry_run:
                session.execute(sa.delete(table).where(table.pair.in_(session.scalars(left).all())))
        return n_rows


def _key(user_id: str) -> int:
    return int.from_bytes(blake2b(user_id.encode(), digest_size=8).digest(), "big", signed=True)
