"""Secrets that nobody types: generated once under `secrets/` in the home, readable by their owner only."""

import fcntl
import os
import secrets
from contextlib import suppress
from pathlib import Path

from matinee.settings import Settings


def secret(home: Path, name: str) -> str:
    """Secret `name` (86 characters, 512 bits), the same for every process of this home.

    Two processes that ask first at the same moment get the same value: the loser of the hard link reads the winner's
    file. An empty file is replaced, and space around a secret that somebody wrote by hand is no part of it.
    """
    path = home / "secrets" / name
    if not (path.exists() and _read(path)):
        _make(path)
    return _read(path)


def _read(path: Path) -> str:
    return path.read_text().strip()


def _make(path: Path) -> None:
    """Write a new secret at once, readable by its owner only, unless another process has done so."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
        _replace_if_empty(path, draft)
    finally:
        draft.unlink(missing_ok=True)


def _replace_if_empty(path: Path, draft: Path) -> None:
    """Under a lock of the empty file: whoever comes second finds the secret of the first."""
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not _read(path):
            draft.replace(path)


def api_token(settings: Settings) -> str:
    """Bearer token of the API server's `POST /v1/model`; never empty."""
    given = settings.api_token.get_secret_value().strip() if settings.api_token is not None else ""
    return given or secret(settings.home, "api_token")
