"""Rows of the database that are of no use after a time."""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from matinee.ratings.database import engine
from matinee.ratings.feedback import pruning
from matinee.settings import Settings
from matinee.stages.prune.removal import Removal


def prune_keys(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Forget idempotency keys after `MATINEE_IDEMPOTENCY_DAYS`."""
    before = now - timedelta(days=settings.idempotency_days)
    return Removal("idempotency keys", pruning.prune_keys(engine(settings), before, dry_run=dry_run))


def prune_shown(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Forget after `MATINEE_IMPRESSIONS_DAYS` what was shown to whom."""
    before = now - timedelta(days=settings.impressions_days)
    return Removal("lists that were shown", pruning.prune_shown(engine(settings), before, dry_run=dry_run))


def prune_traces(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove what was taken back before a chunk held it, and withdrawals that later ones cover."""
    before, database = now - timedelta(days=settings.withdrawals_days), engine(settings)
    parts: tuple[Callable[..., int], ...] = (
        pruning.prune_watch_lists,
        pruning.prune_withdrawn,
        pruning.prune_superseded,
    )
    return Removal("traces of withdrawals", sum(_removed(part, database, before, dry_run=dry_run) for part in parts))


def _removed(part: Callable[..., int], database: sa.Engine, before: datetime, *, dry_run: bool) -> int:
    return part(database, before, dry_run=dry_run)
