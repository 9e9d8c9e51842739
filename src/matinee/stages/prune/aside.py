"""Homes that `matinee restore FILE --replace` has put aside, and what a killed restore has left."""

import glob
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matinee.home import half_restored
from matinee.settings import Settings
from matinee.stages.prune.removal import Removal

FORMAT = "%Y%m%dT%H%M%S"
"""Of the time in `HOME.before-TIME`, in UTC."""

LONGEST_RESTORE = timedelta(days=1)


def prune_aside(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove homes that were put aside `MATINEE_ASIDE_DAYS` ago or earlier, and what a killed restore has left."""
    old = [path for path, until in homes_put_aside(settings) if until <= now]
    old += [path for path in half_restored(settings.home) if _made_at(path) <= now - LONGEST_RESTORE]
    if not dry_run:
        for path in old:
            shutil.rmtree(path)
    return Removal("homes put aside", len(old), 0, ", ".join(path.name for path in old))


def homes_put_aside(settings: Settings) -> Iterator[tuple[Path, datetime]]:
    """Each home that was put aside, and when it goes; folders with another name are somebody else's."""
    home, kept = settings.home, timedelta(days=settings.aside_days)
    for path in sorted(home.parent.glob(f"{glob.escape(home.name)}.before-*")):
        try:
            at = datetime.strptime(path.name.removeprefix(f"{home.name}.before-"), FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        yield path, at + kept


def _made_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
