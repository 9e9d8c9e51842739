"""The home belongs to one user: nobody else may enter it, or read what matinee writes."""

import os
from pathlib import Path

PRIVATE = 0o700
"""Mode of a home."""


def keep_private(home: Path) -> None:
    """Have this process, and all that it starts, write files that only their owner reads; close a home that is open.

    Homes of earlier versions were readable by everybody. One that belongs to somebody else is left as it is.
    """
    os.umask(0o077)
    if home.is_dir() and home.stat().st_mode & 0o777 != PRIVATE and os.geteuid() in (0, home.stat().st_uid):
        home.chmod(PRIVATE)
