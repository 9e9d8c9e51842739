"""The objects below a URL, each with its SHA-256, which is written in the same step as its bytes.

What fails is tried again by obstore for a bounded time, and a download that is cut or comes with other bytes here.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union

from matinee.errors import StorageError, StorageUnreachable
from matinee.storage.cloud import Limits, NotThere, cloud_errors, open_store, require_unforked

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import ObjectStore

PutMode = Union[Literal["create", "overwrite"], "UpdateVersion"]
Kind = Literal["file", "folder"]

_SHA256, _KIND = "sha256", "kind"
"""Metadata of an object."""

SINGLE_PUT_BYTES = 32_000_000
"""Larger files are sent in parts, each of which is tried again by itself; but not what is put on condition."""
CONDITION_BYTES = 5_000_000_000
"""Most that one request may send, to any cloud."""
_PART_BYTES, _PARTS_AT_ONCE = 16_000_000, 2
_BLOCK_BYTES = 1_000_000
_SLOWEST_BYTES_PER_S = 1_000_000
"""Of a line: what is sent counts as silence of the storage, which answers after the last byte."""

SMALLER = "Shorten MATINEE_BOOTSTRAP: what follows then comes in smaller chunks."

DOWNLOADS = 4
"""How often a download is begun before it counts as failed."""

_PAUSE_S = 0.5
"""Between two tries of a put on condition."""


@dataclass(frozen=True)
class StoredObject:
    """What the bucket tells of an object without its bytes."""

    etag: str | None
    sha256: str | None
    """None where another program wrote it."""
    kind: Kind
    version: str | None = None
    """Of the object, where the cloud tells writes apart by that instead of by the tag (Google's generation)."""


class Bucket:
    """Keys are relative to the URL. Nothing is opened before the first request: it may be made before a fork."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        self.url = url
        self._limits = limits or Limits()
        self._opened: ObjectStore | None = None
        self._is_there = False

    def put(
        self, key: str, content: Path | bytes, sha256: str, kind: Kind = "file", mode: PutMode = "overwrite"
    ) -> str | None:
        """Write an object, visible at once; returns its entity tag.

        A condition holds for one request, so that what has one is sent whole.

        Raises:
            NotThere: the condition does not hold, be it because an earlier try, whose answer was lost, has written it.
            StorageError: it cannot be written.
        """
        import obstore  # noqa: PLC0415  an extra that few need, here and below

        n_bytes = len(content) if isinstance(content, bytes) else content.stat().st_size
        has_condition = mode != "overwrite"
        if has_condition and n_bytes > CONDITION_BYTES:
            raise StorageError(f"{self.url}/{key} is too large for one request ({n_bytes / 1e9:.1f} GB).", SMALLER)
        in_parts = n_bytes > SINGLE_PUT_BYTES and not has_condition
        store = self._store_for(_PARTS_AT_ONCE * _PART_BYTES if in_parts else n_bytes)
        deadline = time.monotonic() + self._limits.retry_s
        while True:
            try:
                with cloud_errors(self.url):
                    done = obstore.put(
                        store,
                        key,
                        content,
                        attributes={_SHA256: sha256, _KIND: kind},
                        mode=mode,
                        use_multipart=in_parts,
                        chunk_size=_PART_BYTES,
                        max_concurrency=_PARTS_AT_ONCE,
                    )
            except StorageUnreachable:  # obstore tries again only what has no condition
                if not has_condition or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
            else:
                etag: str | None = done["e_tag"]
                return etag

    def head(self, key: str) -> StoredObject | None:
        """What is known of an object; None when there is none."""
        import obstore  # noqa: PLC0415

        try:
            with cloud_errors(self.url):
                found = obstore.get(self._store, key, options={"head": True})
        except NotThere:
            self._require_bucket()
            return None
        except StorageUnreachable:
            raise
        except StorageError:
            self._is_there = False
            self._require_bucket()  # an answer to a listing says why
            raise
        kind: Kind = "folder" if found.attributes.get(_KIND) == "folder" else "file"
        return StoredObject(found.meta["e_tag"], found.attributes.get(_SHA256), kind, found.meta["version"])

    def fetch(self, key: str, target: Path, etag: str | None = None, sha256: str | None = None) -> str:
        """Download an object; returns the SHA-256 of what came, which is not `sha256` if that never comes.

        A download that was cut is begun again however long it took; where nothing comes, until `Limits.retry_s`.

        Raises:
            NotThere: it is gone, or no longer the one of `etag`.
            StorageError: it cannot be had.
        """
        deadline = time.monotonic() + self._limits.retry_s
        for attempt in range(1, DOWNLOADS + 1):
            try:
                found = self._download(key, target, etag)
            except StorageUnreachable:
                has_begun = target.stat().st_size > 0
                if attempt == DOWNLOADS or (time.monotonic() > deadline and not has_begun):
                    raise
            else:
                if sha256 in (None, found):
                    break
        return found

    def names(self, prefix: str) -> Sequence[str]:
        """Keys, and beginnings of longer keys, directly below a prefix; new ones may be missing."""
        import obstore  # noqa: PLC0415

        with cloud_errors(self.url):
            listed = obstore.list_with_delimiter(self._store, prefix or None)
        return [*listed["common_prefixes"], *(each["path"] for each in listed["objects"])]

    def keys(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """All keys below a prefix, each with the time of its writing; new ones may be missing."""
        import obstore  # noqa: PLC0415

        with cloud_errors(self.url):
            pages = list(obstore.list(self._store, prefix or None, chunk_size=1000))
        return ((each["path"], each["last_modified"]) for page in pages for each in page)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, in few requests; nothing happens where there is none."""
        import obstore  # noqa: PLC0415

        if keys:
            with suppress(NotThere), cloud_errors(self.url):
                obstore.delete(self._store, keys)

    def _download(self, key: str, target: Path, etag: str | None) -> str:
        running = hashlib.sha256()
        with target.open("wb") as file:
            for block in self._blocks(key, etag):
                file.write(block)
                running.update(block)
        return running.hexdigest()

    def _blocks(self, key: str, etag: str | None) -> Iterator[memoryview]:
        import obstore  # noqa: PLC0415

        with cloud_errors(self.url):
            stream = obstore.get(self._store, key, options={"if_match": etag} if etag else None).stream(_BLOCK_BYTES)
        while True:
            with cloud_errors(self.url):
                block = next(stream, None)
            if block is None:
                return
            yield memoryview(block)

    def _require_bucket(self) -> None:
        """Tell a bucket that does not exist from an object that does not: an answer to a `HEAD` has no text."""
        import obstore  # noqa: PLC0415

        if not self._is_there:
            with cloud_errors(self.url):
                next(iter(obstore.list(self._store, chunk_size=1)), None)
            self._is_there = True

    def _store_for(self, n_bytes: int) -> "ObjectStore":
        """The store, patient enough to send so much over a slow line."""
        store = self._store
        if n_bytes <= _BLOCK_BYTES:
            return store
        silence_s = self._limits.silence_s + n_bytes / _SLOWEST_BYTES_PER_S
        return open_store(self.url, replace(self._limits, silence_s=silence_s))

    @property
    def _store(self) -> "ObjectStore":
        require_unforked()
        if self._opened is None:
            self._opened = open_store(self.url, self._limits)
        return self._opened
