"""Impressions of past days: a file a day instead of one every half minute and worker, for a stated time."""

import re
from datetime import datetime, timedelta
from secrets import token_hex

import polars as pl
import structlog
from polars.exceptions import PolarsError

from matinee.errors import MatineeError
from matinee.settings import Settings
from matinee.stages.prune.removal import Removal
from matinee.storage import Storage, home_storage, write_parquet

log = structlog.get_logger()

FOLDER = "impressions"

_DAY = re.compile(rf"{FOLDER}/\d{{4}}-\d\d-\d\d")
_KEY = ["request_id", "user_id", "shown_at"]
"""What tells lists apart."""


def prune_impressions(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the days that are older than `MATINEE_IMPRESSIONS_DAYS`, and compact all others but today."""
    storage = home_storage(settings)
    oldest = f"{FOLDER}/{now - timedelta(days=settings.impressions_days):%Y-%m-%d}"
    today = f"{FOLDER}/{now:%Y-%m-%d}"
    n_before = n_after = n_days = 0
    for day in days_in(storage):
        n_files = len(storage.list(day))
        if day < oldest:
            n_days, n_before = n_days + 1, n_before + n_files
            if not dry_run:
                storage.delete(day)
        elif day < today and n_files > 1:
            n_before, n_after = n_before + n_files, n_after + (1 if dry_run else compact(storage, day))
    return Removal("files of impressions", n_before - n_after, 0, f"{n_days} days too old" if n_days else "")


def days_in(storage: Storage) -> list[str]:
    """Folders of days, in order; others are somebody else's."""
    return [name for name in storage.list(FOLDER) if _DAY.fullmatch(name)]


def compact(storage: Storage, day: str) -> int:
    """Put all files of a day into one, of a name that nobody else has: what a listing misses stays for the next time.

    A process may die between writing it and deleting the others: whoever comes next reads all of them again, and what
    is there twice is kept once. Lists of one request are told apart by their user. A damaged file, or one that somebody
    else has put there, stays as it is until its day is removed.

    Returns:
        How many files the day has then.
    """
    names = storage.list(day)
    frames = {name: frame for name in names if (frame := shown_in(storage, name)) is not None}
    if len(frames) <= 1:
        return len(names)
    unique = (
        pl.concat(frames.values(), how="diagonal_relaxed")
        .sort("shown_at", maintain_order=True)
        .unique(_KEY, maintain_order=True)
    )
    write_parquet(storage, f"{day}/day-{token_hex(4)}.parquet", unique)
    for name in frames:
        storage.delete(name)
    return len(names) - len(frames) + 1


def shown_in(storage: Storage, name: str) -> pl.DataFrame | None:
    """What was shown, by one file; None, and a warning, of one that cannot be read or is somebody else's."""
    try:
        frame = pl.read_parquet(storage.read(name), glob=False)
    except (PolarsError, MatineeError, OSError) as error:
        log.warning("impressions_unreadable", file=name, reason=str(error))
        return None
    return frame if set(_KEY) <= set(frame.columns) else None
