"""Who takes which period: one database transaction that fixes a chunk's period and its live ratings."""

from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.errors import UsageError
from matinee.ratings.database import ChunkRow, FeedbackRow, WithdrawalRow, claiming
from matinee.ratings.feedback.withdrawals import IS_WITHDRAWN
from matinee.ratings.ledger.periods import Period, first_period, next_period
from matinee.ratings.ledger.steps import OnStep
from matinee.ratings.sources import Source
from matinee.settings import Settings

_WAITING = FeedbackRow.chunk_id.is_(None) & ~IS_WITHDRAWN


def claim(database: sa.Engine, settings: Settings, run_id: str, source: Source, on_step: OnStep) -> int | None:
    """The run's chunk id: the one it has, or the next one, or None when nothing waits.

    Raises:
        UsageError: the home belongs to another source.
    """
    with claiming(database) as session:
        own = session.scalar(sa.select(ChunkRow).where(ChunkRow.run_id == run_id))
        if own is not None:
            return own.chunk_id
        last = last_row(session)
        require_same_source(last, source.name)
        period = _next_period(session, settings, last, source)
        if period is None:
            return None
        row = _claimed(last.chunk_id + 1 if last else 1, run_id, source, period)
        session.add(row)
        session.flush()
        session.execute(sa.update(FeedbackRow).where(_WAITING).values(chunk_id=row.chunk_id))
        on_step("claiming")
        return row.chunk_id


def last_row(session: Session) -> ChunkRow | None:
    """The newest chunk."""
    return session.scalar(sa.select(ChunkRow).order_by(ChunkRow.chunk_id.desc()).limit(1))


def require_same_source(last: ChunkRow | None, name: str) -> None:
    """Refuse a source that is not the one that the home's chunks are from.

    Raises:
        UsageError: it is another one.
    """
    if last is not None and last.source != name:
        raise UsageError(
            f"This home learns from {last.source}, not from {name}.",
            "Set MATINEE_HOME to another folder for the new source, or MATINEE_DATA back.",
        )


def _next_period(session: Session, settings: Settings, last: ChunkRow | None, source: Source) -> Period | None:
    if last is None:
        return first_period(settings, source)
    if period := next_period(settings, source, last.ends_at):
        return period
    waits = session.scalar(sa.select(sa.exists().where(_WAITING))) or _is_taken_back(session, last, source)
    return Period(last.ends_at, last.ends_at) if waits else None


def _is_taken_back(session: Session, last: ChunkRow, source: Source) -> bool:
    """Whether somebody took back, since the newest chunk was claimed, what a chunk holds: a model has to forget it."""
    new = WithdrawalRow.withdrawn_at > last.claimed_at
    users = list(session.scalars(sa.select(WithdrawalRow.user_id).where(new).distinct()))
    if not users:
        return False
    learned = sa.exists().where(FeedbackRow.user_id.in_(users), FeedbackRow.chunk_id.is_not(None), IS_WITHDRAWN)
    if session.scalar(sa.select(learned)):
        return True
    of_source = pl.scan_parquet(source.ratings_path).filter(pl.col("user_id").is_in(users))
    return not of_source.head(1).collect().is_empty()


def _claimed(chunk_id: int, run_id: str, source: Source, period: Period) -> ChunkRow:
    return ChunkRow(
        chunk_id=chunk_id,
        run_id=run_id,
        source=source.name,
        state="claimed",
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        n_ratings=0,
        n_live=0,
        path=f"ratings/chunk-{chunk_id:05}.parquet",
        claimed_at=datetime.now(UTC),
    )
