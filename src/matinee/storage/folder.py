"""`Storage` in a folder of the local file system.

A draft lies beside its place, as `.NAME.draft`, and is renamed to it once it is on the disk. What a dead process left
is overwritten by the next writer of the same name.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from matinee.errors import Damaged, Replaced, StorageError
from matinee.storage.hashes import KnownDigests
from matinee.storage.interface import Draft
from matinee.storage.locks import locked
from matinee.storage.names import parts_of

Step = Literal["drafting", "syncing", "publishing", "deleting"]
"""What is about to be asked of the disk, each of which it may refuse."""

_DRAFT = ".draft"
_REPLACING = ".replacing.lock"
"""One for all files of a folder: there are years of chunks in one."""


class FolderStorage:
    """Files below a folder, which is made when it is first written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests = KnownDigests()

    @contextmanager
    def write(self, name: str) -> Iterator[Draft]:
        """See `Storage.write`."""
        path = self._path(name)
        with self._draft(name, path) as draft:
            yield draft
            if not draft.is_discarded:
                self._sync(name, draft.path)
                self._before("publishing", name)
                draft.path.replace(path)
                self._sync(name, path.parent)

    def revision(self, name: str) -> str | None:
        """See `Storage.revision`."""
        try:
            found = self._path(name).stat()
        except FileNotFoundError:
            return None
        return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}"

    @contextmanager
    def replace(self, name: str, revision: str | None) -> Iterator[Draft]:
        """See `Storage.replace`."""
        path = self._path(name)
        with disk_errors(path), locked(path.with_name(_REPLACING)), self.write(name) as draft:
            yield draft
            if not draft.is_discarded and self.revision(name) != revision:
                raise Replaced(f"{path} was written by another process meanwhile.", "Try again.")

    @contextmanager
    def write_folder(self, name: str) -> Iterator[Draft]:
        """See `Storage.write_folder`."""
        path = self._path(name)
        with self._draft(name, path) as draft:
            draft.path.mkdir()
            yield draft
            if not draft.is_discarded:
                for each in draft.path.rglob("*"):
                    self._sync(name, each)
                self._sync(name, draft.path)
                self._remove(name, path)
                self._before("publishing", name)
                draft.path.rename(path)
                self._sync(name, path.parent)

    def read(self, name: str, sha256: str | None = None) -> Path:
        """See `Storage.read`."""
        path = self._path(name)
        if not path.exists():
            raise Damaged(f"{path} is missing.", "Restore it from a backup.")
        if sha256 is not None and self._digests.sha256(path) != sha256:
            raise Damaged(f"{path} is damaged: its SHA-256 is not {sha256}.", "Restore it from a backup.")
        return path

    def exists(self, name: str) -> bool:
        """See `Storage.exists`."""
        return self._path(name).exists()

    def list(self, folder: str = "") -> Sequence[str]:
        """See `Storage.list`."""
        found = (path for path in self._inside(folder) if not path.name.startswith("."))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def older_than(self, moment: datetime, folder: str) -> Sequence[str]:
        """See `Storage.older_than`."""
        files = (path for path in self._path(folder).rglob("*") if path.is_file() and not path.name.startswith("."))
        old = (path for path in files if path.stat().st_mtime < moment.timestamp())
        return sorted(path.relative_to(self._folder).as_posix() for path in old)

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        path = self._path(name)
        with disk_errors(path):
            self._remove(name, path)

    def tidy(self, folder: str = "") -> None:
        """See `Storage.tidy`."""
        for path in self._inside(folder):
            if path.name.startswith(".") and path.name.endswith(_DRAFT):
                _discard(path)

    def _inside(self, folder: str) -> Iterable[Path]:
        path = self._path(folder) if folder else self._folder
        return path.iterdir() if path.is_dir() else ()

    @contextmanager
    def _draft(self, name: str, path: Path) -> Iterator[Draft]:
        """The draft of a place; it is gone after the block, whether it was published or not."""
        draft = Draft(path.with_name(f".{path.name}{_DRAFT}"))
        with disk_errors(path):
            self._before("drafting", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            _discard(draft.path)
            try:
                yield draft
            finally:
                _discard(draft.path)

    def _remove(self, name: str, path: Path) -> None:
        """A folder is renamed first, so that nobody finds a part of it."""
        self._before("deleting", name)
        if path.is_dir():
            going = path.with_name(f".{path.name}.old{_DRAFT}")
            _discard(going)
            path.rename(going)
            _discard(going)
        else:
            path.unlink(missing_ok=True)

    def _sync(self, name: str, path: Path) -> None:
        self._before("syncing", name)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _before(self, step: Step, name: str) -> None:
        """Called before each step of writing and deleting; tests raise here what a disk may raise."""

    def _path(self, name: str) -> Path:
        return self._folder.joinpath(*parts_of(name))


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk refuses while `path` is written into an error that says so.

    Raises:
        StorageError: instead of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error}).", "Free some space, or correct the owner of MATINEE_HOME."
        ) from error


def _discard(path: Path) -> None:
    """Remove a draft. One that cannot be removed is overwritten, or in the way, when the same name is written next."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
