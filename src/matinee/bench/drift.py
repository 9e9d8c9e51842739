"""What the data watch would have said of every chunk of a data set: `matinee bench watch`."""

from collections.abc import Iterator

import polars as pl

from matinee.drift.data_watch import Comparison
from matinee.drift.records import ChunkStatistics
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.periods import Period, first_period, next_period
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings


def verdicts(settings: Settings) -> Iterator[ChunkStatistics]:
    """Statistics of each chunk after the first, in order, beside all before it that were not refused."""
    source = prepare(settings)
    ratings = source.ratings().with_columns(origin=pl.lit("dataset"))
    past, chunk_id = ratings.clear().with_columns(chunk_id=pl.lit(0, pl.Int64)), 0
    stretch: Period | None = first_period(settings, source)
    while stretch is not None:
        chunk_id += 1
        within = pl.col("rated_at").is_between(stretch.starts_at, stretch.ends_at, closed="left")
        own = ratings.filter(within).with_columns(chunk_id=pl.lit(chunk_id, pl.Int64))
        ends = (stretch.starts_at, stretch.ends_at)
        chunk = Chunk(chunk_id, source.name, "", "closed", *ends, own.height, 0, 0, "", None, *ends)
        found = Comparison(chunk, own, past, settings.period).statistics()
        if chunk_id > 1:
            yield found
        if found.verdict != "refused":
            past = pl.concat([past, own])
        stretch = next_period(settings, source, stretch.ends_at)
