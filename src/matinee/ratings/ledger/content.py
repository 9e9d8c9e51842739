"""What is in a chunk: the source's ratings of its period and live ones, the late ones beside it, its quarantine."""

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.ratings.database import FeedbackRow, QuarantineRow
from matinee.ratings.importing import RATINGS, QuarantineReason
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.sources import Source


def in_period(chunk: Chunk, source: Source) -> pl.DataFrame:
    """The source's ratings (`RATINGS`) of a chunk's period."""
    within = pl.col("rated_at").is_between(chunk.starts_at, chunk.ends_at, closed="left")
    return pl.scan_parquet(source.ratings_path).filter(within).collect()


def found_in_quarantine(session: Session, reasons: dict[str, int], n_late: int) -> list[QuarantineRow]:
    """What is in the source's quarantine and was not counted by an earlier chunk yet, and the late ratings."""
    n_rows = sa.func.sum(QuarantineRow.n_rows)
    query = sa.select(QuarantineRow.reason, n_rows).group_by(QuarantineRow.reason)
    counted = dict(session.execute(query).all())
    found = {reason: count - counted.get(reason, 0) for reason, count in reasons.items()}
    found[QuarantineReason.LATE] = n_late
    return [QuarantineRow(reason=str(reason), n_rows=count) for reason, count in found.items() if count > 0]


def live(database: sa.Engine, chunk: Chunk) -> pl.DataFrame:
    """Live ratings (`RATINGS`) that a chunk claimed, in the order in which they were received."""
    query = sa.select(FeedbackRow).where(FeedbackRow.chunk_id == chunk.chunk_id).order_by(FeedbackRow.id)
    with Session(database) as session:
        rows = [(row.user_id, row.movie_id, row.rating, row.rated_at) for row in session.scalars(query)]
    return pl.DataFrame(rows, schema=RATINGS, orient="row")
