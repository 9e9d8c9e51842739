"""Impressions of past days: a file a day instead of one every half minute and worker, for a stated time."""

from datetime import datetime, timedelta
from secrets import token_hex

import polars as pl

from matinee.settings import Settings
from matinee.stages.prune.removal import Removal
from matinee.storage import Storage, home_storage, write_parquet

FOLDER = "impressions"


def prune_impressions(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove the days that are older than `MATINEE_IMPRESSIONS_DAYS`, and compact all others but today."""
    storage = home_storage(settings)
    oldest = f"{FOLDER}/{now - timedelta(days=settings.impressions_days):%Y-%m-%d}"
    today = f"{FOLDER}/{now:%Y-%m-%d}"
    n_before = n_after = n_days = 0
    for day in storage.list(FOLDER):
        n_files = len(storage.list(day))
        if day < oldest:
            n_days, n_before = n_days + 1, n_before + n_files
            if not dry_run:
                storage.delete(day)
        elif day < today and n_files > 1:
            n_before, n_after = n_before + n_files, n_after + 1
            if not dry_run:
                compact(storage, day)
    return Removal("files of impressions", n_before - n_after, 0, f"{n_days} days too old" if n_days else "")


def compact(storage: Storage, day: str) -> None:
    """Put all files of a day into one, of a name that nobody else has: what a listing misses stays for the next time.

    A process may die between writing it and deleting the others: whoever comes next reads all of them again, and what
    is there twice is kept once. Lists of one request are told apart by their user.
    """
    names = storage.list(day)
    frame = pl.concat(pl.read_parquet(storage.read(name)) for name in names)
    unique = frame.sort("shown_at", maintain_order=True).unique(
        ["request_id", "user_id", "shown_at"], maintain_order=True
    )
    write_parquet(storage, f"{day}/day-{token_hex(4)}.parquet", unique)
    for name in names:
        storage.delete(name)
