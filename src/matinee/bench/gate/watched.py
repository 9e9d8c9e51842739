"""What the data watch says of a chunk of the bench, which the gate itself may not see anything in."""

from datetime import timedelta

import polars as pl

from matinee.bench.gate.timeline import Timeline
from matinee.drift.data_watch import Comparison
from matinee.evaluation.split import Split
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.scale import FIVE_STARS

DAY = timedelta(days=1)


def is_warned_of(timeline: Timeline, number: int, split: Split) -> bool:
    """Whether a day's chunk is refused, or called drifted, beside its past; both are told wherever one looks."""
    past, chunk = (_numbered(timeline, ratings) for ratings in split)
    chunk_id, begins = number + 2, timeline.begins(number)
    record = Chunk(
        chunk_id, timeline.name, "", "closed", "replay", begins, begins + DAY, chunk.height, 0, 0, 0, "", None, begins,
        begins + DAY,
    )  # fmt: skip
    own = chunk.with_columns(chunk_id=pl.lit(chunk_id, pl.Int64))
    return Comparison(record, own, past, DAY, FIVE_STARS).statistics().verdict != "usual"


def _numbered(timeline: Timeline, ratings: pl.DataFrame) -> pl.DataFrame:
    """With the chunks that the loop would have made of them: the bootstrap is the first."""
    days = (pl.col("rated_at") - timeline.starts_at).dt.total_seconds() // DAY.total_seconds()
    chunk_id = pl.when(days < 0).then(1).otherwise(days.cast(pl.Int64) + 2).cast(pl.Int64)
    return ratings.with_columns(
        event=pl.lit("rating"), origin=pl.lit("source"), late=pl.lit(value=False), chunk_id=chunk_id
    )
