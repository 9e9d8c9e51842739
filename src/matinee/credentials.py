"""Secrets that nobody types: generated once under `secrets/` in the home, readable by their owner only."""

import os
import secrets
from pathlib import Path

from matinee.settings import Settings


def secret(home: Path, name: str) -> str:
    """Secret `name` (86 characters, 512 bits), the same for every process of this home.

    Two processes that ask first at the same moment get the same value: the loser of the hard link
    reads the winner's file.
    """
    path = home / "secrets" / name
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def api_token(settings: Settings) -> str:
    """Bearer token of the API server's `POST /v1/model`."""
    if settings.api_token is not None:
        return settings.api_token.get_secret_value()
    return secret(settings.home, "api_token")
