"""What a file is by its first bytes, whatever its name says, and its bytes block by block."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from matinee.errors import BadData

HEAD_BYTES = 1 << 16
BLOCK_BYTES = 32 << 20

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_OTHERS = {
    b"PK\x03\x04": "a ZIP archive or an Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"ARROW1": "an Arrow file",
    b"ORC": "an ORC file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
}
_INSTEAD = "Save it as CSV, TSV or Parquet; gzip is read as it is."


class Readable(Protocol):
    """Bytes that are read piece by piece."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, `size` at most; none at the end."""


class Kind(StrEnum):
    """How a file's bytes are packed."""

    TEXT = "text"
    GZIP = "gzip"
    PARQUET = "parquet"


def kind_of(path: Path) -> Kind:
    """What a file is.

    Raises:
        BadData: it is known to be something that is not read here.
    """
    if not path.is_file():
        raise BadData(f"{path} is no file that can be read more than once.", "Save it as a file, then name that.")
    try:
        with path.open("rb") as file:
            first = file.read(16)
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror}.", "Correct its permissions.") from error
    if first.startswith(_PARQUET):
        return Kind.PARQUET
    if first.startswith(_GZIP):
        return Kind.GZIP
    _refuse_others(first, path)
    return Kind.TEXT


def head(path: Path, kind: Kind) -> bytes:
    """The first `HEAD_BYTES` bytes of a text file, unpacked.

    Raises:
        BadData: the file is damaged, or what is packed is no text.
    """
    with unpacked(path, kind) as file:
        first = file.read(HEAD_BYTES)
    if kind is Kind.GZIP:
        _refuse_others(first, path)
        if first.startswith((_PARQUET, _GZIP)):
            raise BadData(f"{path} holds another packed file.", "Unpack it once, then name what was in it.")
    return first


@contextmanager
def unpacked(path: Path, kind: Kind) -> Iterator[Readable]:
    """The file's bytes, unpacked while they are read."""
    try:
        with gzip.open(path) if kind is Kind.GZIP else path.open("rb") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadData(f"{path} is a damaged gzip file: {error}.", "Copy or write it again.") from error


def _refuse_others(first: bytes, path: Path) -> None:
    for mark, what in _OTHERS.items():
        if first.startswith(mark):
            raise BadData(f"{path} is {what}.", _INSTEAD)
