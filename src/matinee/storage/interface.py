"""The interface through which every file that outlives a process is written, read, listed and deleted.

It promises no more than object storage can give: a file or folder becomes visible at once, the last writer of a name
wins unless it asks to replace only what it has seen, nothing is renamed, nothing is locked, and a listing may miss what
was just written. What must be known for certain (which chunks there are, which version is deployed) stands in the
database or in a file of a known name.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from matinee.storage.hashes import digest


@dataclass
class Draft:
    """A file or folder that is being written, and that nobody else sees yet."""

    path: Path
    """Where to write: for a file a path that is free, for a folder one that is there and empty."""

    is_discarded: bool = False

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the file as it is now; of a folder there is none."""
        return digest(self.path)

    def discard(self) -> None:
        """Have the end of the block throw the draft away instead of making it visible."""
        self.is_discarded = True


class Storage(Protocol):
    """Files and whole folders by name: relative, with `/` between the parts, none of which begins with a dot.

    One writer a name at a time: writers that may meet hold a lock (`matinee.storage.locks`), use names of their own, or
    `replace` where they may be on several machines.
    A folder is written whole (`write_folder`), or comes to be by files that are written in it; only one that was
    written whole exists and can be read as a folder, and nothing in it is written or deleted by itself.
    """

    def write(self, name: str) -> AbstractContextManager[Draft]:
        """A file to write; at the end of the block it replaces what `name` was, at once and durably.

        After an exception of the block `name` is what it was before; after a `StorageError` of object storage it may
        also be what was written.

        Raises:
            StorageError: it cannot be written (no space, no permission, a fault of the disk; object storage refuses or
                does not answer).
            UsageError: `name` is not a name.
        """

    def revision(self, name: str) -> str | None:
        """What the file is now, for `replace`: another one after each write; None when there is none."""

    def replace(self, name: str, revision: str | None) -> AbstractContextManager[Draft]:
        """The same as `write`, if nobody has written the file since it was of this revision.

        Raises:
            Replaced: somebody has, and what they wrote stays.
            StorageError, UsageError: as of `write`.
        """

    def write_folder(self, name: str) -> AbstractContextManager[Draft]:
        """A folder to fill; at the end of the block all of it is visible at once, and replaces what was there.

        Raises what `write` raises.
        """

    def read(self, name: str, sha256: str | None = None) -> Path:
        """Local path of a file or folder, to be read and never to be written.

        Args:
            name: of the file or folder.
            sha256: what the file has to have; it is computed once as long as nobody touches the file.

        Raises:
            Damaged: there is none, or its bytes are other ones.
            StorageError: object storage refuses, or does not answer.
        """

    def exists(self, name: str) -> bool:
        """Whether there is a complete file or folder of this name."""

    def list(self, folder: str = "") -> Sequence[str]:
        """Names of the files and folders directly in `folder` (by default at the top), in order; none without it.

        It may miss what was written just now, so nothing that must be known for certain may rely on it.
        """

    def older_than(self, moment: datetime, folder: str) -> Sequence[str]:
        """Names of the files at any depth of `folder` that were written before a moment; new ones may be missing.

        Args:
            moment: aware, compared with the clock of whoever keeps the files.
            folder: one that came to be by files that are written in it, and so are all folders in it.
        """

    def delete(self, name: str) -> None:
        """Remove a file or folder, which is gone at once; nothing happens when there is none.

        Raises:
            StorageError: it cannot be removed.
        """

    def tidy(self, folder: str = "") -> None:
        """Remove what writers that were killed left of names directly in `folder`.

        The caller holds the lock of their writers, or knows that there are none; of object storage only what is older
        than a day is removed.
        """
