"""What of people's writes is removed after a time: idempotency keys, and traces of withdrawals that cover nothing more.

A withdrawal itself stays as long as a chunk or the data set may hold what it covers, which is for ever. Of each table
the newest row stays, so that no number is given twice.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from matinee.ratings.database import FeedbackRow, IdempotencyRow, ShownListRow, WithdrawalRow, writing
from matinee.ratings.feedback.watch_list import IS_OUTDATED, WatchListRow
from matinee.ratings.feedback.withdrawals import IS_WITHDRAWN


def prune_keys(database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    """Forget idempotency keys that are older; returns how many. A request with one of them is a new request then."""
    return _delete(database, IdempotencyRow, IdempotencyRow.created_at < before, dry_run=dry_run)


def prune_withdrawn(database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    """Remove ratings that were received before, taken back, and are in no chunk; returns how many."""
    newest = sa.select(sa.func.max(aliased(FeedbackRow).id)).scalar_subquery()
    condition = (
        FeedbackRow.chunk_id.is_(None) & IS_WITHDRAWN & (FeedbackRow.received_at < before) & (FeedbackRow.id < newest)
    )
    return _delete(database, FeedbackRow, condition, dry_run=dry_run)


def prune_superseded(database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    """Remove older withdrawals that a later one of the same user covers as a whole; returns how many."""
    later = aliased(WithdrawalRow)
    is_covered = sa.exists().where(
        later.user_id == WithdrawalRow.user_id,
        sa.or_(later.movie_id.is_(None), later.movie_id == WithdrawalRow.movie_id),
        later.id > WithdrawalRow.id,
    )
    condition = is_covered & (WithdrawalRow.withdrawn_at < before)
    return _delete(database, WithdrawalRow, condition, dry_run=dry_run)


def prune_shown(database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    """Forget lists that were shown before; returns how many."""
    return _delete(database, ShownListRow, ShownListRow.shown_at < before, dry_run=dry_run)


def prune_watch_lists(database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    """Remove what says nothing of watch lists any more, in order of time; returns how many."""
    newest = sa.select(sa.func.max(aliased(WatchListRow).id)).scalar_subquery()
    condition = IS_OUTDATED & (WatchListRow.at < before) & (WatchListRow.id < newest)
    return _delete(database, WatchListRow, condition, dry_run=dry_run)


def _delete(
    database: sa.Engine,
    table: type[IdempotencyRow] | type[FeedbackRow] | type[WithdrawalRow] | type[ShownListRow] | type[WatchListRow],
    condition: sa.ColumnElement[bool],
    *,
    dry_run: bool,
) -> int:
    with writing(database) as session:
        n = session.scalar(sa.select(sa.func.count()).select_from(table).where(condition)) or 0
        if n and not dry_run:
            session.execute(sa.delete(table).where(condition))
        return n
