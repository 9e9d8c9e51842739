"""What is kept of each chunk by the data watch: its statistics, the verdict, and what people decided about it.

Statistics are written once for each chunk and never changed; decisions are appended, and the last one counts.
"""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Literal, get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee import clock
from matinee.errors import NotFound
from matinee.ratings.database import ChunkDecisionRow, ChunkStatisticsRow, claiming, engine, writing
from matinee.settings import Settings

Verdict = Literal["usual", "drifted", "refused"]
"""`drifted` is a warning; nothing is learned from a `refused` chunk until somebody decides."""

Decision = Literal["accepted", "left_out"]
"""`accepted`: learned from like any other; `left_out`: kept in the ledger, and never learned from."""


@dataclass(frozen=True)
class ChunkStatistics:
    """A chunk beside its past: the ratings of all chunks before it that were not refused or left out.

    What compares with the past is None for the first chunk, which has none, and for an empty one.
    """

    chunk_id: int
    verdict: Verdict
    reasons: list[str]
    """One sentence for each rule that was hit, with its numbers; with `usual` what is worth knowing all the same."""

    n_ratings: int
    """Ratings that the chunk had when it was watched; people may have taken back some of its file before."""

    n_users: int
    n_new_users: int
    """Users who are not in the past."""

    n_ratings_of_new_users: int
    n_movies: int
    n_new_movies: int
    """Movies that nobody has rated in the past."""

    n_ratings_of_new_movies: int
    ratings_by_day: dict[str, int]
    """Number of ratings for each UTC date (`1997-11-19`), in order; days without one are left out."""

    rating_histogram: dict[str, int]
    """Number of ratings for each value, to one decimal (`"3.5"`), in order; values that nobody gave are left out."""

    mean_rating: float | None
    ratings_per_user: float | None
    """Mean."""

    most_ratings_of_a_user: int
    quarantine_share: float
    """Rows that went into quarantine with this chunk, as a share of these and its ratings: 0 to 1."""

    usual_n_ratings: float | None
    """Size that was to be expected: the median of the newest 30 chunks, the first counted period by period."""

    rating_distance: float | None
    """Jensen-Shannon distance between the rating histograms of the chunk and of its past: 0 (same) to 1 (disjoint)."""

    rating_p_value: float | None
    """How probable so large a difference is by chance, each user counted as one cluster."""

    popularity_distance: float | None
    """The same distance for how ratings spread over the past's popularity groups, from the head to the tail and new."""

    popularity_p_value: float | None
    popularity_overlap: float | None
    """Share of the chunk's 50 most rated movies that are among the past's; None when the chunk has fewer than 50."""

    watched_at: datetime

    events: dict[str, int] = field(default_factory=dict)
    """Number of each kind of event, clicks and views among them, which `n_ratings` counts only where they are learned;
    empty for a chunk that was watched before there were others than ratings."""

    @property
    def new_user_share(self) -> float:
        """New users as a share of the chunk's users: 0 to 1."""
        return self.n_new_users / self.n_users if self.n_users else 0.0

    @property
    def new_movie_share(self) -> float:
        """New movies as a share of the chunk's movies: 0 to 1."""
        return self.n_new_movies / self.n_movies if self.n_movies else 0.0


COMPARISONS = (
    *("usual_n_ratings", "rating_distance", "rating_p_value"),
    *("popularity_distance", "popularity_p_value", "popularity_overlap"),
)
"""Fields of `ChunkStatistics` that compare with the past."""


@dataclass(frozen=True)
class ChunkDecision:
    """What somebody decided about a chunk."""

    chunk_id: int
    decision: Decision
    reason: str
    who: str
    at: datetime


class StatisticsStore:
    """Statistics and decisions of one home, in the database of its chunk ledger."""

    def __init__(self, settings: Settings) -> None:
        self._database = engine(settings)

    def all(self) -> list[ChunkStatistics]:
        """Statistics of all chunks that were watched, in order."""
        query = sa.select(ChunkStatisticsRow).order_by(ChunkStatisticsRow.chunk_id)
        with Session(self._database) as session:
            return [_statistics(row) for row in session.scalars(query)]

    def of(self, chunk_id: int) -> ChunkStatistics:
        """Statistics of one chunk.

        Raises:
            NotFound: it was not watched yet.
        """
        with Session(self._database) as session:
            row = session.get(ChunkStatisticsRow, chunk_id)
            if row is None:
                raise NotFound(f"Chunk {chunk_id} was not watched yet.", f"Run: matinee watch {chunk_id}.")
            return _statistics(row)

    def newest_before(self, chunk_id: int) -> int | None:
        """The newest chunk before one that was watched; None when none was."""
        query = sa.select(sa.func.max(ChunkStatisticsRow.chunk_id)).where(ChunkStatisticsRow.chunk_id < chunk_id)
        with Session(self._database) as session:
            return session.scalar(query)

    def keep(self, statistics: ChunkStatistics) -> None:
        """Store a chunk's statistics, unless another process has; durable when this returns."""
        with claiming(self._database) as session:
            if session.get(ChunkStatisticsRow, statistics.chunk_id) is None:
                session.add(ChunkStatisticsRow(**asdict(statistics)))

    def decide(self, chunk_id: int, decision: Decision, reason: str, who: str) -> None:
        """Append a decision; durable when this returns."""
        row = ChunkDecisionRow(chunk_id=chunk_id, decision=decision, reason=reason, who=who, at=clock.now())
        with writing(self._database) as session:
            session.add(row)

    def decisions(self) -> dict[int, ChunkDecision]:
        """The decision that counts, by chunk id; chunks that nobody decided about are not in it."""
        query = sa.select(ChunkDecisionRow).order_by(ChunkDecisionRow.id)
        with Session(self._database) as session:
            return {row.chunk_id: _decision(row) for row in session.scalars(query)}

    def not_learned_from(self, watch: Literal["on", "off"]) -> set[int]:
        """Chunks that are left out, and, with the watch `on`, those that were refused and that nobody has accepted."""
        query = sa.select(ChunkStatisticsRow.chunk_id).where(ChunkStatisticsRow.verdict == "refused")
        with Session(self._database) as session:
            refused = set(session.scalars(query)) if watch == "on" else set()
        decided = {chunk_id: each.decision for chunk_id, each in self.decisions().items()}
        return {each for each in refused | decided.keys() if decided.get(each) != "accepted"}


def _statistics(row: ChunkStatisticsRow) -> ChunkStatistics:
    return ChunkStatistics(**{each.name: getattr(row, each.name) for each in fields(ChunkStatistics)})


def _decision(row: ChunkDecisionRow) -> ChunkDecision:
    decision: Decision = next(each for each in get_args(Decision) if each == row.decision)
    return ChunkDecision(row.chunk_id, decision, row.reason, row.who, row.at)
