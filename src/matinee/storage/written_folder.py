"""A folder in object storage: its files lie below a prefix of their own, and one small object put last names them."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from matinee.errors import Damaged
from matinee.storage.hashes import digest

PARTS = ".parts"
"""Below it lies what is in folders; no name begins with a dot."""

_FORMAT = 1


@dataclass(frozen=True)
class FileInFolder:
    """A file of a folder."""

    path: str
    """Relative to the folder."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class WrittenFolder:
    """What the object of a folder says."""

    prefix: str
    """Of the keys of its files."""
    files: tuple[FileInFolder, ...]

    @classmethod
    def of(cls, name: str, folder: Path) -> "WrittenFolder":
        """The files of a local folder that is about to be written under `name`, below a prefix that nobody else has."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = (FileInFolder(path.relative_to(folder).as_posix(), path.stat().st_size, digest(path)) for path in paths)
        return cls(f"{PARTS}/{name}/.{uuid4().hex}", tuple(files))

    @classmethod
    def from_json(cls, name: str, text: bytes) -> "WrittenFolder":
        """What `as_json` made.

        Raises:
            Damaged: it is of a newer format, or no such record.
        """
        try:
            record = json.loads(text)
            if record["format"] == _FORMAT:
                return cls(record["prefix"], tuple(FileInFolder(**each) for each in record["files"]))
        except (ValueError, TypeError, KeyError):
            pass
        raise Damaged(f"{name} is damaged: what is in it cannot be told.", "Restore it from a backup.")

    def as_json(self) -> bytes:
        """The content of its object."""
        return json.dumps({"format": _FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode()

    def key(self, file: FileInFolder) -> str:
        """Of the object of a file."""
        return f"{self.prefix}/{file.path}"

    def below(self, inner: str) -> Iterator[FileInFolder]:
        """The file `inner`, or those of the folder `inner` in it; all for an empty one."""
        return (file for file in self.files if not inner or file.path == inner or file.path.startswith(f"{inner}/"))


def folder_of(key: str) -> tuple[str, str]:
    """Of the key of a file in a folder: the name of the folder, and the prefix."""
    parts = key.split("/")
    end = next(n for n, part in enumerate(parts) if n > 0 and part.startswith("."))
    return "/".join(parts[1:end]), "/".join(parts[: end + 1])
