"""`Storage` in a bucket of object storage, with local copies of what is read.

A file is one object under its name. A folder is one object under its name too, put last, that names the objects of its
files (`written_folder`): readers go by it and never by a listing. Each is downloaded again when it is written, and
compared by its SHA-256, as it is whenever it is read.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath

from matinee.errors import Damaged, Replaced, StorageError
from matinee.storage.bucket import Bucket, Kind, PutMode, StoredObject
from matinee.storage.cache import LocalCopies
from matinee.storage.cloud import Limits, NotThere
from matinee.storage.folder import disk_errors
from matinee.storage.hashes import digest
from matinee.storage.interface import Draft
from matinee.storage.names import parts_of
from matinee.storage.written_folder import PARTS, WrittenFolder, folder_of

READS = 4
"""How often a reader begins anew because what it reads is replaced meanwhile."""

UNFINISHED = timedelta(days=1)
"""Age from which on the files of a folder that nobody names are those of a writer that was killed."""


class ObjectStorage:
    """Files below a URL.

    Args:
        url: `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`.
        copies: folder of the local copies.
        limits: how long the storage is waited for.
    """

    def __init__(self, url: str, copies: Path, limits: Limits | None = None) -> None:
        self._bucket = Bucket(url, limits)
        self._copies = LocalCopies(copies)

    def write(self, name: str) -> AbstractContextManager[Draft]:
        """See `Storage.write`."""
        return self._draft(name, "overwrite")

    def revision(self, name: str) -> str | None:
        """See `Storage.revision`."""
        parts_of(name)
        stored = self._bucket.head(name)
        if stored is None:
            return None
        known = {"e_tag": stored.etag, "version": stored.version}
        return json.dumps({name: value for name, value in known.items() if value is not None})

    def replace(self, name: str, revision: str | None) -> AbstractContextManager[Draft]:
        """See `Storage.replace`."""
        return self._draft(name, "create" if revision is None else json.loads(revision))

    @contextmanager
    def write_folder(self, name: str) -> Iterator[Draft]:
        """See `Storage.write_folder`."""
        last = parts_of(name)[-1]
        with self._copies.scratch() as scratch, disk_errors(scratch):
            draft = Draft(scratch / last)
            draft.path.mkdir()
            yield draft
            if not draft.is_discarded:
                folder = WrittenFolder.of(name, draft.path)
                for file in folder.files:
                    self._put(folder.key(file), draft.path / file.path, file.sha256, scratch)
                (scratch / ".manifest").write_bytes(folder.as_json())
                self._put(name, scratch / ".manifest", digest(scratch / ".manifest"), scratch, "folder")

    def read(self, name: str, sha256: str | None = None) -> Path:
        """See `Storage.read`."""
        parts_of(name)
        for _ in range(READS):
            try:
                return self._read(name, sha256)
            except NotThere:
                continue
        raise StorageError(f"{self._where(name)} is replaced again and again.", "Try again.")

    def exists(self, name: str) -> bool:
        """See `Storage.exists`."""
        parts_of(name)
        if self._bucket.head(name) is not None:
            return True
        return self._around(name) is not None

    def list(self, folder: str = "") -> Sequence[str]:
        """See `Storage.list`."""
        if folder:
            parts_of(folder)
        names = {key for key in self._bucket.names(folder) if not PurePosixPath(key).name.startswith(".")}
        return sorted(names) or self._list_in_folder(folder)

    def older_than(self, moment: datetime, folder: str) -> Sequence[str]:
        """See `Storage.older_than`."""
        parts_of(folder)
        return sorted(key for key, written_at in self._bucket.keys(folder) if written_at < moment)

    def delete(self, name: str) -> None:
        """See `Storage.delete`."""
        parts_of(name)
        stored = self._bucket.head(name)
        if stored is None:
            self._bucket.delete([key for key, _ in self._bucket.keys(name)])
            return
        files = self._keys_in(name, stored)
        self._bucket.delete([name])
        self._bucket.delete(files)

    def tidy(self, folder: str = "") -> None:
        """See `Storage.tidy`; what was begun less than a day ago may still be written, and stays."""
        begun: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
        for key, written_at in self._bucket.keys(f"{PARTS}/{folder}".rstrip("/")):
            name, prefix = folder_of(key)
            if PurePosixPath(name).parent == PurePosixPath(folder):
                begun.setdefault((name, prefix), []).append((key, written_at))
        before = datetime.now(UTC) - UNFINISHED
        for (name, prefix), found in begun.items():
            if max(written_at for _, written_at in found) < before and not self._names(name, prefix):
                self._bucket.delete([key for key, _ in found])

    @contextmanager
    def _draft(self, name: str, mode: PutMode) -> Iterator[Draft]:
        """A file to write, which is put at the end of the block."""
        last = parts_of(name)[-1]
        with self._copies.scratch() as scratch, disk_errors(scratch):
            draft = Draft(scratch / last)
            yield draft
            if not draft.is_discarded:
                sha256 = digest(draft.path)
                self._put(name, draft.path, sha256, scratch, mode=mode)
                self._copies.adopt(draft.path, sha256, last)

    def _put(
        self, key: str, path: Path, sha256: str, scratch: Path, kind: Kind = "file", mode: PutMode = "overwrite"
    ) -> None:
        """Write an object, and read it back."""
        try:
            etag = self._bucket.put(key, path, sha256, kind, mode)
        except NotThere:
            stored = self._bucket.head(key)
            if stored is None or stored.sha256 != sha256:
                raise self._replaced(key) from None
            etag = stored.etag  # these very bytes: the answer to an earlier try was lost
        try:
            found = self._bucket.fetch(key, scratch / ".back", etag, sha256)
        except NotThere:
            return  # the next writer has replaced it already
        if found != sha256:
            raise StorageError(f"{self._where(key)} comes back with other bytes than were written.", "Try again.")

    def _read(self, name: str, sha256: str | None) -> Path:
        stored = self._bucket.head(name)
        if stored is None:
            around = self._around(name)
            if around is None:
                raise Damaged(f"{self._where(name)} is missing.", "Restore it from a backup.")
            return self._read_folder(*around)
        if stored.kind == "folder":
            return self._read_folder(name, stored)
        expected = sha256 or stored.sha256
        if stored.sha256 not in (None, expected):
            raise self._damaged(name, expected)
        return self._copy_of(name, stored, expected)

    def _copy_of(self, name: str, stored: StoredObject, sha256: str | None) -> Path:
        """The local copy of a file; one that another program wrote may have no SHA-256, and is fetched each time."""
        last = PurePosixPath(name).name
        if sha256 is None:
            with self._copies.scratch() as scratch:
                found = self._bucket.fetch(name, scratch / last, stored.etag)
                return self._copies.adopt(scratch / last, found, last)
        copy = self._copies.get(
            sha256, last, sha256, lambda target: self._bucket.fetch(name, target, stored.etag, sha256)
        )
        if copy is None:
            raise self._damaged(name, sha256)
        return copy

    def _read_folder(self, name: str, stored: StoredObject, inner: str = "") -> Path:
        """The local copy of a folder, or of what is `inner` in it."""
        folder, last = self._folder(name, stored), PurePosixPath(name).name
        place = self._copies.place(stored.sha256 or "") / last
        with disk_errors(place):
            place.mkdir(parents=True, exist_ok=True)
        for file in folder.below(inner):
            key = folder.key(file)
            fetch = partial(self._bucket.fetch, key, etag=None, sha256=file.sha256)
            if self._copies.get(place.parent.name, f"{last}/{file.path}", file.sha256, fetch) is None:
                raise self._damaged(f"{name}/{file.path}", file.sha256)
        return place / inner

    def _folder(self, name: str, stored: StoredObject) -> WrittenFolder:
        with self._copies.scratch() as scratch:
            if self._bucket.fetch(name, scratch / "folder", stored.etag, stored.sha256) != stored.sha256:
                raise self._damaged(name, stored.sha256)
            return WrittenFolder.from_json(self._where(name), (scratch / "folder").read_bytes())

    def _around(self, name: str) -> tuple[str, StoredObject, str] | None:
        """The folder that a file or folder is in, and its name there; None when it is in none."""
        for parent in map(str, PurePosixPath(name).parents[:-1]):
            stored = self._bucket.head(parent)
            if stored is not None and stored.kind == "folder":
                inner = name.removeprefix(f"{parent}/")
                return (parent, stored, inner) if any(self._folder(parent, stored).below(inner)) else None
        return None

    def _list_in_folder(self, name: str) -> Sequence[str]:
        stored = self._bucket.head(name) if name else None
        around = (name, stored, "") if stored is not None else self._around(name) if name else None
        if around is None or around[1].kind != "folder":
            return []
        folder, inner = self._folder(*around[:2]), around[2]
        paths = (file.path.removeprefix(f"{inner}/") for file in folder.below(inner) if file.path != inner)
        return sorted({f"{name}/{path.partition('/')[0]}" for path in paths})

    def _keys_in(self, name: str, stored: StoredObject) -> Sequence[str]:
        """Keys of what is in a folder; none of a file, or where it cannot be told, which `tidy` finds."""
        if stored.kind == "folder":
            with suppress(NotThere, Damaged):
                folder = self._folder(name, stored)
                return [folder.key(file) for file in folder.files]
        return []

    def _names(self, name: str, prefix: str) -> bool:
        """Whether a folder has its files below a prefix, or nobody can tell: one that is damaged, or just replaced."""
        stored = self._bucket.head(name)
        with suppress(NotThere, Damaged):
            return stored is not None and stored.kind == "folder" and self._folder(name, stored).prefix == prefix
        return True

    def _replaced(self, name: str) -> Replaced:
        return Replaced(f"{self._where(name)} was written by another process meanwhile.", "Try again.")

    def _damaged(self, name: str, sha256: str | None) -> Damaged:
        return Damaged(f"{self._where(name)} is damaged: its SHA-256 is not {sha256}.", "Restore it from a backup.")

    def _where(self, name: str) -> str:
        return f"{self._bucket.url}/{name}"
