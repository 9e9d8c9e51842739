"""What is in a chunk: ratings of its period and late ones from the source, and live ones; and its quarantine."""

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee import clock
from matinee.ratings.database import FeedbackRow, QuarantineRow
from matinee.ratings.importing import RATINGS
from matinee.ratings.ledger.chunks import Chunk, said_in
from matinee.ratings.sources import Source


def in_period(chunk: Chunk, source: Source) -> pl.DataFrame:
    """The source's ratings (`RATINGS`) of a chunk's period."""
    within = pl.col("rated_at").is_between(chunk.starts_at, chunk.ends_at, closed="left")
    return pl.scan_parquet(source.ratings_path).filter(within).collect()


def late_for(chunk: Chunk, source: Source, others: pl.DataFrame) -> pl.DataFrame:
    """The source's ratings (`RATINGS`) of periods before a chunk that are in none of the `others` (`CHUNK`).

    What is dated after the chunk was claimed waits for its day, also where the chunk's period is years ahead.
    """
    until = min(chunk.starts_at, chunk.claimed_at)
    passed = pl.scan_parquet(source.ratings_path).filter(pl.col("rated_at") < until).collect()
    return without(passed, said_in(others.filter(origin="source")))


def without(ratings: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Ratings (`RATINGS`) that are not among `others`, in their order."""
    return ratings.join(others, on=RATINGS.names(), how="anti", maintain_order="left", nulls_equal=True)


def live(database: sa.Engine, chunk: Chunk) -> pl.DataFrame:
    """Live ratings (`RATINGS`) that a chunk claimed, in the order in which they were received."""
    query = sa.select(FeedbackRow).where(FeedbackRow.chunk_id == chunk.chunk_id).order_by(FeedbackRow.id)
    with Session(database) as session:
        rows = [tuple(getattr(row, name) for name in RATINGS.names()) for row in session.scalars(query)]
    return pl.DataFrame(rows, schema=RATINGS, orient="row")


def found_in_quarantine(session: Session, reasons: dict[str, int]) -> list[QuarantineRow]:
    """What is in the source's quarantine and was not counted by an earlier chunk yet."""
    n_rows = sa.func.sum(QuarantineRow.n_rows)
    query = sa.select(QuarantineRow.reason, n_rows).group_by(QuarantineRow.reason)
    counted = dict(session.execute(query).all())
    found = {reason: count - counted.get(reason, 0) for reason, count in reasons.items()}
    return [QuarantineRow(reason=str(reason), n_rows=count) for reason, count in found.items() if count > 0]


def n_ahead(database: sa.Engine, source: Source) -> int:
    """How many ratings are dated after the present, in the source and of the live ones that are in no chunk."""
    now = clock.now()
    in_source = pl.scan_parquet(source.ratings_path).filter(pl.col("rated_at") > now).select(pl.len()).collect().item()
    waiting = sa.select(sa.func.count()).where(FeedbackRow.chunk_id.is_(None), FeedbackRow.rated_at > now)
    with Session(database) as session:
        return int(in_source) + (session.scalar(waiting) or 0)
