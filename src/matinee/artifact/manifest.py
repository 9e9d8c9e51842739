"""The manifest of an artifact: what it is, where it comes from, and the SHA-256 of each other file."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from matinee.errors import BadData

FORMAT_VERSION = 4
"""Version 2 packs histories (`ranking.packed`), and may have item-item weights of some movies only; version 3 has item-
item weights of one byte (`ranking.quantized`); version 4 packs the histories of more than 65,536 movies closer."""
READABLE = {1, 2, 3, 4}
"""Every format version that `load` understands: all that were ever written."""

FOLDER = "matinee"
"""Name of the folder inside a logged model."""

MANIFEST, ARRAYS, USERS, MOVIES = "manifest.json", "arrays.safetensors", "users.parquet", "movies.parquet"
GOLDEN = "golden.json"
REQUIRED = (ARRAYS, USERS, MOVIES)


class ArraySpec(BaseModel):
    """Shape and dtype of one array."""

    model_config = ConfigDict(frozen=True)

    shape: tuple[int, ...]
    dtype: str


class Manifest(BaseModel):
    """What an artifact says of itself."""

    # JSON has no infinity, which is a meaningful `recency`; as a string every reader's `float` understands it
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    format_version: int
    kind: str
    algorithm: str
    parameters: dict[str, float]
    arrays: dict[str, ArraySpec]
    files: dict[str, str]
    chunk_id: int
    data_through: datetime
    trained_at: datetime
    n_users: int
    n_movies: int
    n_ratings: int


def read_manifest(folder: Path) -> Manifest:
    """Manifest of the artifact in `folder`.

    Raises:
        BadData: it is missing or not readable, or of a format version that this matinee does not know.
    """
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise refused(f"its {MANIFEST} cannot be read ({error})") from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version not in READABLE:
        raise BadData(
            f"The model artifact has format version {version}; this matinee reads {sorted(READABLE)}.",
            "Update matinee where the model is served.",
        )
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise refused(f"{MANIFEST}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def file_names(manifest: Manifest) -> tuple[str, ...]:
    """Files that belong to an artifact besides its manifest; the first artifacts had no golden requests."""
    return (*REQUIRED, GOLDEN) if GOLDEN in manifest.files else REQUIRED


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require(condition: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence where it is called
    """Refuse the artifact unless a condition holds."""
    if not condition:
        raise refused(otherwise)


def refused(reason: str) -> BadData:
    """The error of an artifact that is not used, and why."""
    return BadData(f"The model artifact is refused: {reason}.", "Train it again, or deploy another version.")
