"""What object storage leaves behind: local copies that nobody reads, and parts of folders whose writer was killed."""

from matinee.settings import Settings
from matinee.stages.prune.removal import Removal
from matinee.storage import home_storage
from matinee.storage.cache import LocalCopies
from matinee.storage.opening import COPIES


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
