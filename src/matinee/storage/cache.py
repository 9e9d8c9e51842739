"""Local copies of what object storage holds, by their SHA-256, so that they can be mapped into memory.

    HOME/cache/storage/SHA-256/NAME        NAME is the last part of the name in storage

A copy is used only if its bytes have its SHA-256, which is computed once as long as nobody touches it; a damaged one is
fetched again. All of it may be removed at any time; `matinee prune` removes what nobody has read for a week.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from matinee.storage.folder import disk_errors
from matinee.storage.hashes import KnownDigests

Fetch = Callable[[Path], str]
"""Downloads into a path that is free; returns the SHA-256 of what came."""

_DRAFTS = ".drafts"
UNREAD_S = 7 * 86_400.0
"""How long a copy stays that nobody reads."""


class LocalCopies:
    """The copies in one folder, shared by all processes of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests = KnownDigests()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """An empty folder on the same disk, gone after the block."""
        drafts = self._folder / _DRAFTS
        with disk_errors(self._folder):
            drafts.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=drafts, ignore_cleanup_errors=True) as scratch:
                yield Path(scratch)

    def get(self, place: str, path: str, sha256: str, fetch: Fetch) -> Path | None:
        """The copy of a file, fetched unless it is there; None when what is fetched has another SHA-256.

        Args:
            place: SHA-256 of what it belongs to, itself or a folder.
            path: of the copy, in that place.
            sha256: its own.
            fetch: downloads it.
        """
        copy = self.place(place) / path
        if self._is_intact(copy, sha256):
            return copy
        with self.scratch() as scratch:
            draft = scratch / copy.name
            return self.adopt(draft, place, path) if fetch(draft) == sha256 else None

    def adopt(self, draft: Path, place: str, path: str) -> Path:
        """Take over a file as the copy of that path."""
        copy = self.place(place) / path
        with disk_errors(copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(copy)
        return copy

    def place(self, sha256: str) -> Path:
        """The folder of the copies that belong to a SHA-256; asking for it counts as reading."""
        place = self._folder / sha256
        with suppress(OSError):  # not there yet, or another user's
            os.utime(place)
        return place

    def _is_intact(self, copy: Path, sha256: str) -> bool:
        try:
            return self._digests.sha256(copy) == sha256
        except OSError:
            return False

    def unread(self) -> Sequence[Path]:
        """Places that nobody has read for a week, and drafts of processes that were killed."""
        before_s = time.time() - UNREAD_S
        folders = (*self._folder.glob("*"), *(self._folder / _DRAFTS).glob("*"))
        return [each for each in folders if each.name != _DRAFTS and each.stat().st_mtime < before_s]

    def remove(self, folders: Sequence[Path]) -> None:
        """Remove what `unread` gave; files that are mapped into memory stay there for whoever has them."""
        for each in folders:
            shutil.rmtree(each, ignore_errors=True)
