"""Whether there is room for what the home holds, and for how long."""

import shutil
import stat
import time
from pathlib import Path

from matinee.errors import MatineeError
from matinee.settings import Settings

FREE_BYTES = 2_000_000_000
"""Room for the databases, a few models and their history."""

YOUNG_DAYS = 3.0
"""Until then the first model and the data set are most of what a home holds."""

DAYS_LEFT = 30.0
"""A disk that is full sooner, at the pace of this home so far, is told."""


def check_disk(settings: Settings) -> str:
    """Whether there is room, and for how long."""
    folder = next(path for path in (settings.home, *settings.home.parents, Path("/")) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    remedy = "Free some, or move the home and set MATINEE_HOME to where it is."
    if free_bytes < FREE_BYTES:
        raise MatineeError(
            f"{settings.home} has {free_bytes / 1e9:.1f} GB left, and matinee wants {FREE_BYTES / 1e9:.0f} GB.", remedy
        )
    a_day_bytes = _growth_bytes(settings.home)
    if a_day_bytes is None:
        return f"{free_bytes / 1e9:.0f} GB free for {settings.home}"
    days = free_bytes / a_day_bytes
    pace = f"{settings.home} has grown by {a_day_bytes / 1e6:.0f} MB a day"
    if days < DAYS_LEFT:
        raise MatineeError(f"The disk is full in about {days:.0f} days: {pace}.", remedy)
    return f"{free_bytes / 1e9:.0f} GB free; {pace}, enough for {days:,.0f} days"


def _growth_bytes(home: Path) -> float | None:
    """What a home has grown by a day, on the average of its life; None while it is too young to tell."""
    secrets = [path.stat().st_mtime for path in (home / "secrets").glob("[!.]*")]  # made at the first start
    age_days = (time.time() - min(secrets)) / 86_400 if secrets else 0.0
    if age_days < YOUNG_DAYS:
        return None
    return max(sum(map(_size_bytes, home.rglob("*"))), 1) / age_days


def _size_bytes(path: Path) -> int:
    """Room that a file or folder takes; 0 for a link, and for a journal or draft that is gone meanwhile."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(found.st_mode) else found.st_blocks * 512
