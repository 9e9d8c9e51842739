"""A disk that refuses: errors raised at a step of writing, wherever in the process it is done."""

import errno
import os
from pathlib import Path

import pytest

from matinee.storage import FolderStorage
from matinee.storage.folder import Step

DISK_ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
STEPS: tuple[Step, ...] = ("drafting", "syncing", "publishing", "deleting")


def refuse(monkeypatch: pytest.MonkeyPatch, step: Step, code: int, beginning: str = "") -> None:
    """Have each `FolderStorage` raise `OSError(code)` at a step of writing a name that begins so."""

    def before(_self: FolderStorage, at: Step, name: str) -> None:
        if at == step and name.startswith(beginning):
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(FolderStorage, "_before", before)


def fill(folder: Path, but: int = 0) -> Path:
    """A file that takes all the space that is left, but so many bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 12))
        except OSError:
            file.truncate(max(0, file.tell() - but))
    return filler
