"""Digests of files."""

import hashlib
import time
from pathlib import Path

_SETTLED_NS = 2_000_000_000
"""Age from which on a change of a file shows in its time; two seconds are the coarsest tick of a file system."""


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


class KnownDigests:
    """SHA-256 of files, whose bytes are read once as long as their size and time stay."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int], str]] = {}

    def sha256(self, path: Path) -> str:
        """Of the file's bytes.

        A file written just now is read again: its next change may have the same time, as clocks of disks tick slowly.
        """
        stat = path.stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        sha256 = digest(path)
        if time.time_ns() - stat.st_mtime_ns > _SETTLED_NS:
            self._known[path] = (stamp, sha256)
        return sha256
