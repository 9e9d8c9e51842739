"""Files that are there in full or not at all, whatever is killed when."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; other processes and threads that want it wait. A dead holder's lock is free."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft to write to; at the end of the block it replaces `path` in one step and is on the disk.

    The draft's name is fixed, so that what a dead process left is overwritten: the caller holds a lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    yield draft
    _sync(draft)
    draft.replace(path)
    _sync(path.parent)


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Replace `path` by `frame`."""
    with replacing(path) as draft:
        frame.write_parquet(draft)


def write_json(value: Any, path: Path) -> None:  # noqa: ANN401  whatever json can write
    """Replace `path` by `value` as readable JSON."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
