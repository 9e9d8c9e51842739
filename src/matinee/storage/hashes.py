"""Digests of files."""

import hashlib
from pathlib import Path


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
