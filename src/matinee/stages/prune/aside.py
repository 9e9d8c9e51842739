"""Homes that `matinee restore FILE --replace` has put aside."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matinee.settings import Settings
from matinee.stages.prune.removal import Removal

FORMAT = "%Y%m%dT%H%M%S"
"""Of the time in `HOME.before-TIME`, in UTC."""


def prune_aside(settings: Settings, now: datetime, *, dry_run: bool) -> Removal:
    """Remove homes that were put aside `MATINEE_ASIDE_DAYS` ago or earlier."""
    old = [path for path, until in homes_put_aside(settings) if until <= now]
    if not dry_run:
        for path in old:
            shutil.rmtree(path)
    return Removal("homes put aside", len(old), 0, ", ".join(path.name for path in old))


def homes_put_aside(settings: Settings) -> Iterator[tuple[Path, datetime]]:
    """Each home that was put aside, and when it goes; folders with another name are somebody else's."""
    home, kept = settings.home, timedelta(days=settings.aside_days)
    for path in sorted(home.parent.glob(f"{home.name}.before-*")):
        try:
            at = datetime.strptime(path.name.removeprefix(f"{home.name}.before-"), FORMAT).replace(tzinfo=UTC)
        except ValueError:
            continue
        yield path, at + kept
