"""Who takes which periods: one database transaction that fixes a run's chunks, their periods and their live ratings."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee import clock
from matinee.errors import UsageError
from matinee.ratings.database import ChunkRow, FeedbackRow, WithdrawalRow, claiming
from matinee.ratings.feedback.withdrawals import IS_WITHDRAWN
from matinee.ratings.ledger.periods import (
    Period,
    Plan,
    Present,
    newest,
    plan_first,
    plan_late,
    plan_live,
    plan_replay,
    upcoming_in,
)
from matinee.ratings.ledger.steps import OnStep
from matinee.ratings.sources import Source
from matinee.settings import Settings

_WAITING = FeedbackRow.chunk_id.is_(None) & ~IS_WITHDRAWN


@dataclass(frozen=True)
class Claim:
    """What a run has: its chunks, and when it has none because a period is not over, when this ends."""

    chunk_ids: tuple[int, ...]
    not_over: datetime | None = None


def claim(database: sa.Engine, settings: Settings, run_id: str, source: Source, on_step: OnStep) -> Claim:
    """The run's chunks: those it has, or the next ones.

    Raises:
        UsageError: the home belongs to another source.
    """
    with claiming(database) as session:
        own = session.scalars(sa.select(ChunkRow.chunk_id).where(ChunkRow.claimed_by == run_id)).all()
        if own:
            return Claim(tuple(own))
        last = last_row(session)
        require_same_source(last, source.name)
        plan = _plan(session, settings, last, source)
        first = last.chunk_id + 1 if last else 1
        rows = [_claimed(first + n, run_id, n, source, plan, period) for n, period in enumerate(plan.periods)]
        for row in rows:
            session.add(row)
            session.flush()
            session.execute(sa.update(FeedbackRow).where(_WAITING & _belongs(plan, row)).values(chunk_id=row.chunk_id))
        on_step("claiming")
        return Claim(tuple(row.chunk_id for row in rows), plan.not_over)


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


def _plan(session: Session, settings: Settings, last: ChunkRow | None, source: Source) -> Plan:
    present = Present.of(settings)
    if last is None:
        return plan_first(settings, source, present)
    plan = _plan_next(session, source, last, present)
    if not plan.periods and _is_taken_back(session, last, source):
        return Plan(plan.mode, (Period(last.ends_at, last.ends_at),))
    return plan


def _plan_next(session: Session, source: Source, last: ChunkRow, present: Present) -> Plan:
    if present.is_long_before(last.ends_at):
        return plan_late(last.ends_at, present, waits=_waits(session, source, last, present.today))
    if last.mode != "live" and not present.reaches(newest(source, present.now)):
        waits = bool(session.scalar(sa.select(sa.exists().where(_WAITING))))
        plan = plan_replay(last.ends_at, present, upcoming_in(source, last.ends_at), feedback_waits=waits)
        if plan.periods or plan.mode == "replay":
            return plan
    return plan_live(last.ends_at, present, lambda since: _upcoming(session, source, last.ends_at, since))


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


def _waits(session: Session, source: Source, last: ChunkRow, before: datetime) -> bool:
    """Whether there are ratings from before a moment that the newest chunk does not have, live or in a newer source."""
    if session.scalar(sa.select(sa.exists().where(_WAITING & (FeedbackRow.rated_at < before)))):
        return True
    since_the_last = upcoming_in(source, last.claimed_at)
    return last.source_digest != source.digest or (since_the_last is not None and since_the_last < before)


def _upcoming(session: Session, source: Source, open_since: datetime, since: datetime) -> datetime | None:
    """Time of the first rating from `since` on; a live one of a period that is closed counts for the first open one."""
    waiting = sa.select(sa.func.min(FeedbackRow.rated_at, type_=FeedbackRow.rated_at.type)).where(_WAITING)
    live = session.scalar(waiting if since == open_since else waiting.where(FeedbackRow.rated_at >= since))
    times = [upcoming_in(source, since), None if live is None else max(live, since)]
    return min((time for time in times if time is not None), default=None)


def _belongs(plan: Plan, row: ChunkRow) -> sa.ColumnElement[bool]:
    """Live ratings that join a chunk: in a replay all, else those that are not dated after its period, or ahead."""
    return sa.true() if plan.mode == "replay" else FeedbackRow.rated_at < min(row.ends_at, row.claimed_at)


def _claimed(chunk_id: int, run_id: str, position: int, source: Source, plan: Plan, period: Period) -> ChunkRow:
    return ChunkRow(
        chunk_id=chunk_id,
        run_id=run_id if position == 0 else f"{run_id} ({position + 1})",
        claimed_by=run_id,
        source=source.name,
        state="claimed",
        mode=plan.mode,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        n_ratings=0,
        n_live=0,
        n_late=0,
        path=f"ratings/chunk-{chunk_id:05}.parquet",
        claimed_at=clock.now(),
    )
