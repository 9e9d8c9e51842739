"""`models.computation.Computation` by Spark: executors hold the ratings, each those of some users.

An executor puts its users' ratings on the same axes with the same lines as a training in one process, so what is summed
there is summed of the very same numbers. Sums travel in blocks, and are added by the executors before they come here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.taskcontext import TaskContext

from matinee.errors import DependencyUnreachable
from matinee.models.computation import Factorization, Statistics
from matinee.models.interactions import Interactions
from matinee.ranking import Floats
from matinee.ratings.ledger.learning import LearnedChunks
from matinee.spark.factorization import LIKES, factors_of, likes_of
from matinee.spark.source import ratings_in, source_of

BLOCK_NUMBERS = 1_000_000
"""Numbers of a matrix that travel at a time: 4 MB."""
N_RATINGS = -1
"""Number of the last matrix, int64: how many ratings each movie has, shape (n_movies, 1)."""

_BLOCK = pa.schema([("matrix", pa.int32()), ("row", pa.int32()), ("numbers", pa.binary())])
_BLOCKS = "matrix int, row int, numbers binary"

Batches = Iterator[pa.RecordBatch]
Numbers = NDArray[Any]
"""A matrix of float32, or `N_RATINGS`."""


@dataclass(frozen=True)
class Axes:
    """How a part of the ratings is put on the axes of all."""

    movie_ids: list[str]
    positive_rating: float
    data_through: datetime
    moment: int | None

    def interactions(self, batches: Batches) -> Interactions | None:
        """Those of the users of one partition; None where there is nobody."""
        ratings = ratings_in(list(batches))
        if ratings.is_empty():
            return None
        found = Interactions.from_ratings(ratings, self.movie_ids, self.positive_rating, self.data_through)
        return found if self.moment is None else found.before(self.moment)


@dataclass(frozen=True)
class SparkComputation:
    """Computes with the chunks that a training learns from; `of` makes it."""

    ratings: DataFrame
    """`source.SCHEMA`, all rows of a user in one partition."""
    n_partitions: int
    moment: int | None = None
    """Only what was known at that time counts, in seconds since 1970 (UTC)."""

    @classmethod
    def of(cls, session: SparkSession, chunks: LearnedChunks) -> "SparkComputation":
        """The ratings of the chunks, spread over the executors; nothing is read yet."""
        session.dataSource.register(source_of(chunks))
        n_partitions = max(2, session.sparkContext.defaultParallelism)
        ratings = session.read.format("matinee").load().repartition(n_partitions, "user_id")
        return cls(ratings.persist(StorageLevel.MEMORY_AND_DISK), n_partitions)

    def total(self, statistics: Statistics, interactions: Interactions) -> Sequence[Floats]:
        """See `Computation.total`; what executors have read is counted in the same pass.

        Raises:
            DependencyUnreachable: executors have read other ratings than this process.
        """
        nobody = _of_nobody(interactions)
        total: list[Numbers] = [*statistics(nobody), _n_ratings(nobody)]
        blocks = self.ratings.mapInArrow(partial(_blocks_of, self._axes(interactions), statistics), _BLOCKS)
        added = blocks.repartition(self.n_partitions, "matrix", "row").mapInArrow(_added, _BLOCKS)
        for each in added.toLocalIterator():
            matrix = total[each.matrix]
            block = np.frombuffer(each.numbers, matrix.dtype).reshape(-1, matrix.shape[1])
            matrix[each.row : each.row + len(block)] += block
        *sums, n_ratings = total
        _require_same(n_ratings, _n_ratings(interactions), "ratings")
        return sums

    def item_factors(self, problem: Factorization, interactions: Interactions) -> Floats:
        """See `Computation.item_factors`; it always begins anew, as Spark's ALS knows no other way.

        Raises what `check` raises.
        """
        likes = self.ratings.mapInArrow(
            partial(_likes, self._axes(interactions), problem.alpha, self.n_partitions), LIKES
        )
        kept = likes.persist(StorageLevel.MEMORY_AND_DISK)
        try:
            self.check(kept, interactions)
            return factors_of(kept, problem, interactions, self.n_partitions)
        finally:
            kept.unpersist()

    def before(self, moment: int) -> "SparkComputation":
        """See `Computation.before`."""
        return replace(self, moment=moment)

    def check(self, likes: DataFrame, interactions: Interactions) -> None:
        """Count by Spark SQL how many users liked each movie, and compare.

        Raises:
            DependencyUnreachable: executors have read other ratings than this process.
        """
        counted = np.zeros(interactions.n_movies, np.int64)
        for each in likes.groupBy("item").count().collect():
            counted[each["item"]] = each["count"]
        liked = interactions.liked_items
        _require_same(counted, np.bincount(liked, minlength=interactions.n_movies), "likes")

    def _axes(self, interactions: Interactions) -> Axes:
        return Axes(interactions.movie_ids, interactions.positive_rating, interactions.data_through, self.moment)


def _of_nobody(interactions: Interactions) -> Interactions:
    histories = interactions.histories
    nobody = replace(
        histories, offsets=histories.offsets[:1], items=histories.items[:0], ratings=histories.ratings[:0],
        rated_at=histories.rated_at[:0], events=None,
    )  # fmt: skip
    return replace(interactions, user_ids=[], histories=nobody)


def _n_ratings(interactions: Interactions) -> NDArray[np.int64]:
    """See `N_RATINGS`."""
    return np.bincount(interactions.histories.items, minlength=interactions.n_movies).astype(np.int64)[:, np.newaxis]


def _require_same(there: Numbers, here: Numbers, what: str) -> None:
    """Compare what executors have counted with what this process has."""
    if not np.array_equal(there, here):
        raise DependencyUnreachable(
            f"Spark's executors have read {there.sum():,} {what}, this process {here.sum():,}.",
            "Somebody may have taken a rating back meanwhile: try again.",
        )


def _blocks_of(axes: Axes, statistics: Statistics, batches: Batches) -> Batches:
    """On an executor: the matrices of a partition's users, in blocks."""
    interactions = axes.interactions(batches)
    if interactions is not None:
        for number, matrix in enumerate(statistics(interactions)):
            yield from _in_blocks(number, matrix)
        yield from _in_blocks(N_RATINGS, _n_ratings(interactions))


def _added(batches: Batches) -> Batches:
    """On an executor: the sum of the blocks of each place."""
    sums: dict[tuple[int, int], Numbers] = {}
    for batch in batches:
        for row in batch.to_pylist():
            place, dtype = (row["matrix"], row["row"]), np.int64 if row["matrix"] == N_RATINGS else np.float32
            numbers: Numbers = np.frombuffer(row["numbers"], dtype)
            sums[place] = sums[place] + numbers if place in sums else numbers
    for (matrix, first), numbers in sums.items():
        yield _block(matrix, first, numbers)


def _in_blocks(number: int, matrix: Numbers) -> Batches:
    step = max(1, BLOCK_NUMBERS // max(1, matrix.shape[1]))
    for first in range(0, len(matrix), step):
        yield _block(number, first, matrix[first : first + step])


def _block(matrix: int, first: int, numbers: Numbers) -> pa.RecordBatch:
    values: list[dict[str, Any]] = [{"matrix": matrix, "row": first, "numbers": numbers.tobytes()}]
    return pa.RecordBatch.from_pylist(values, _BLOCK)


def _likes(axes: Axes, alpha: float, n_partitions: int, batches: Batches) -> Batches:
    """On an executor: the likes of a partition's users."""
    interactions, context = axes.interactions(batches), TaskContext.get()
    if interactions is not None and context is not None:
        yield from likes_of(interactions, alpha, context.partitionId(), n_partitions)
