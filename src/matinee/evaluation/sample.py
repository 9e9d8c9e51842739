"""A sample of the people of a large history: what a model is fitted on that only answers a question about a chunk."""

import zlib
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

import polars as pl

Model = TypeVar("Model")

MOST_RATINGS = 1_000_000
"""Of more ratings, both models of the gate's second question are fitted on a sample of the people."""

MEMORY_BYTES = 160_000_000
"""What `models.affordable` may plan with for these two: the 2,000 most liked movies get weights of their own."""


def people_sampled(past: pl.LazyFrame, of_chunk: Collection[str], share: float) -> pl.DataFrame:
    """The ratings of all people of a chunk and of a share of the others, the same people each time.

    Args:
        past: ratings before the chunk; of all columns.
        of_chunk: ids of its people.
        share: of the others, from 0 to 1.
    """
    everybody = past.select(pl.col("user_id").unique()).collect()["user_id"].cast(pl.String)
    limit = share * 2**32
    chosen = {each for each in everybody if zlib.crc32(each.encode()) < limit}
    return past.filter(pl.col("user_id").is_in(sorted(chosen.union(of_chunk)))).collect()


def with_and_without(
    past: pl.DataFrame,
    first: pl.DataFrame,
    begins: datetime,
    ends: datetime,
    fit: Callable[[pl.DataFrame, datetime, int], Model],
) -> tuple[Model, Model]:
    """Models of a sample that have learned the first ratings of a chunk, and not.

    Args:
        past: of `people_sampled`.
        first: ratings of the chunk.
        begins: when the chunk begins.
        ends: when it ends.
        fit: fits ratings that end at a time, with so many bytes of memory.
    """
    return fit(pl.concat([past, first.select(past.columns)]), ends, MEMORY_BYTES), fit(past, begins, MEMORY_BYTES)
