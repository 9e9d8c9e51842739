"""What the data watch would have said of every chunk of a data set: `matinee bench watch`."""

from collections.abc import Iterator

import polars as pl

from matinee.drift.data_watch import Comparison
from matinee.drift.records import ChunkStatistics
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.periods import replayed
from matinee.ratings.sources.recorded_scale import scale_of
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings


def verdicts(settings: Settings) -> Iterator[ChunkStatistics]:
    """Statistics of each chunk after the first, in order, beside all before it that were not refused."""
    source = prepare(settings)
    ratings = source.ratings().with_columns(origin=pl.lit("source"), late=pl.lit(value=False))
    past = ratings.clear().with_columns(chunk_id=pl.lit(0, pl.Int64))
    for chunk_id, period in enumerate(replayed(settings, source), start=1):
        within = pl.col("rated_at").is_between(period.starts_at, period.ends_at, closed="left")
        own = ratings.filter(within).with_columns(chunk_id=pl.lit(chunk_id, pl.Int64))
        ends = (period.starts_at, period.ends_at)
        chunk = Chunk(chunk_id, source.name, "", "closed", "replay", *ends, own.height, 0, 0, 0, "", None, *ends)
        found = Comparison(chunk, own, past, settings.period, scale_of(settings)).statistics()
        if chunk_id > 1:
            yield found
        if found.verdict != "refused":
            past = pl.concat([past, own])
