"""The home belongs to one user: nobody else may enter it, or read what matinee writes. What lies beside it."""

import glob
import os
from pathlib import Path

PRIVATE = 0o700
"""Mode of a home."""


BEING_RESTORED = ".{}.restoring-"
"""Of a home's name: how folders begin, beside the home, in which backups are unpacked."""


def half_restored(home: Path) -> list[Path]:
    """Folders of backups that are being unpacked, or of a restore that was killed."""
    return sorted(home.parent.glob(f"{glob.escape(BEING_RESTORED.format(home.name))}*"))


def keep_private(home: Path) -> None:
    """Have this process, and all that it starts, write files that only their owner reads; close a home that is open.

    Homes of earlier versions were readable by everybody. One that belongs to somebody else is left as it is.
    """
    os.umask(0o077)
    if home.is_dir() and home.stat().st_mode & 0o777 != PRIVATE and os.geteuid() in (0, home.stat().st_uid):
        home.chmod(PRIVATE)
