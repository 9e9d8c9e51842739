"""What is left in storage: copies that nobody reads, parts of a killed writer's folders, results nobody has taken."""

from datetime import datetime, timedelta

from matinee.settings import Settings
from matinee.stages.prune.removal import Removal
from matinee.storage import home_storage
from matinee.storage.cache import LocalCopies
from matinee.storage.opening import COPIES, RESULTS

RESULTS_DAYS = 7
"""How long the result of a pod waits for Airflow, which takes it within seconds unless it or the pod has died."""


def prune_storage(settings: Settings, *, dry_run: bool) -> Removal:
    """Remove copies that were not read for a week, and tidy what is written as folders: the raw files of data sets."""
    copies = LocalCopies(settings.home / COPIES)
    unread = copies.unread()
    size_bytes = sum(path.stat().st_size for each in unread for path in each.rglob("*") if path.is_file())
    if not dry_run:
        copies.remove(unread)
        storage = home_storage(settings)
        for name in storage.list("datasets") if settings.storage else ():
            storage.tidy(name)
    return Removal("copies of object storage", len(unread), size_bytes)


def prune_results(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove results of pods (`matinee --result NAME`) that Airflow has not taken for `RESULTS_DAYS`."""
    storage = home_storage(settings)
    old = storage.older_than(now - timedelta(days=RESULTS_DAYS), RESULTS)
    if not dry_run:
        for name in old:
            storage.delete(name)
    return Removal("results of pods", len(old))
