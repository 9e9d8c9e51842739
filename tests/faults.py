"""A disk that refuses: errors raised at a step of writing, wherever in the process it is done."""

import errno
import os

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
