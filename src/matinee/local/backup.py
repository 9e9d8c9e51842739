"""Back up a whole home into one file; `restore` makes a home of it again.

A home is copied while it is stopped, which is what makes its parts (PostgreSQL's files, two SQLite databases, chunks,
artifacts, the served model) belong together. The archive is a compressed tar; its last member lists the SHA-256 of all
others, so an archive that was cut off or damaged is noticed before anything of it is used.
"""

import hashlib
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import structlog

from matinee import __version__
from matinee.errors import Refused, UsageError
from matinee.local import family, state
from matinee.settings import Settings

log = structlog.get_logger()

FORMAT_VERSION = 1
LIST = "matinee-backup.json"
"""Last member: format, version of matinee, time, and the SHA-256 of each file."""

PASSING = ("supervisor.json", "supervisor.lock", "postmaster.pid")
"""Marks of running processes, which mean nothing in a copy."""

_NO_DATABASE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
"""What SQLite says of a file that is damaged, or was copied in part."""


def back_up(settings: Settings, archive: Path) -> dict[str, Any]:
    """Write the home into `archive`, which is there in full or not at all, readable by its owner only.

    Raises:
        UsageError: there is no home, or `archive` exists, lies inside the home or in no folder.
        Refused: matinee runs, or part of its history is kept outside the home.
    """
    home, archive = settings.home, archive.expanduser().absolute()
    if not home.is_dir():
        raise UsageError(f"There is no home {home}.", "Set MATINEE_HOME to the folder that you want to back up.")
    if archive.exists() or archive.is_relative_to(home):
        raise UsageError(f"{archive} exists already, or lies inside the home.", "Name a new file somewhere else.")
    if not archive.parent.is_dir():
        raise UsageError(f"There is no folder {archive.parent}.", "Make it, or name another one.")
    _require_whole(settings)
    draft = archive.with_name(f".{archive.name}.{os.getpid()}.draft")
    with stopped(home):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                listed = _write(home, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)
    return {"archive": str(archive), "n_files": len(listed["files"]), "size_bytes": archive.stat().st_size}


@contextmanager
def stopped(home: Path) -> Iterator[None]:
    """Hold the home's lock, so that nobody starts it meanwhile.

    Raises:
        Refused: matinee runs in the home.
    """
    lock = state.take_lock(home)
    if lock is None or family.marked(home):
        raise Refused(f"matinee runs in {home}.", "Stop it first: matinee down.")
    with lock:
        yield


def _require_whole(settings: Settings) -> None:
    if settings.database_url is not None:
        raise Refused(
            "MATINEE_DATABASE_URL keeps the ledger outside the home.", "Back it up with the tools of its server."
        )
    if settings.storage:
        raise Refused(
            f"{settings.storage} keeps the chunks outside the home.",
            "Back it up with the versions of the bucket, and the ledger with the tools of its server.",
        )
    if (settings.home / "postgres-17" / "pgdata").is_dir() and not (settings.home / "matinee.db").exists():
        raise Refused(
            f"The containers have the history of {settings.home} in their PostgreSQL.",
            "Give it back while they run: docker compose run --rm databases python -m matinee.containers to-native.",
        )


def _write(home: Path, file: IO[bytes]) -> dict[str, Any]:
    files: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar, tempfile.TemporaryDirectory() as folder:
        for path in _content(home):
            name = str(path.relative_to(home))
            if path.name in PASSING or _is_journal(path):
                continue
            if path.is_symlink() and _leads_inside(path, home):
                _add_link(tar, path, home)
            elif path.is_file():
                copy = _sqlite_copy(path, Path(folder)) if _is_sqlite(path) else None
                files[name] = _add(tar, path, copy or path, name)
            elif path.is_dir():
                _add_folder(tar, path, name)
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        listed = {"format": FORMAT_VERSION, "version": __version__, "made_at": made_at, "files": files}
        (Path(folder) / LIST).write_text(json.dumps(listed))
        tar.add(Path(folder) / LIST, LIST)
    return listed


def _content(home: Path, folder: Path | None = None) -> Iterator[Path]:
    """Everything in a home (or in a folder of it); behind a link that leads out too, because it belongs to the home.

    Raises:
        Refused: there is nothing behind such a link, or it leads in a circle.
    """
    for path in sorted((folder or home).iterdir()):
        yield path
        if path.is_symlink():
            if _leads_inside(path, home):
                continue
            _require_end(path)
        if path.is_dir():
            yield from _content(home, path)


def _require_end(link: Path) -> None:
    if not link.exists():
        raise Refused(
            f"There is nothing behind the link {link} to {link.readlink()}.",
            "Mount what it leads to, or remove the link.",
        )
    if link.parent.resolve().is_relative_to(link.resolve()):
        raise Refused(f"The link {link} leads in a circle.", "Remove the link.")


def _leads_inside(link: Path, home: Path) -> bool:
    return link.resolve().is_relative_to(home.resolve())


def _add_link(tar: tarfile.TarFile, path: Path, home: Path) -> None:
    """Add a link within the home, as a relative one: the home may be restored elsewhere."""
    member = tar.gettarinfo(path, str(path.relative_to(home)))
    member.linkname = os.path.relpath(path.resolve(), path.parent.resolve())
    tar.addfile(member)


def _add_folder(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tar.gettarinfo(path.resolve(), name)
    tar.addfile(member)


def _add(tar: tarfile.TarFile, path: Path, content: Path, name: str) -> str:
    """Add a file; returns the SHA-256 of what was added."""
    member = tar.gettarinfo(content.resolve(), name)
    member.mode = path.stat().st_mode
    # A second hard link to a file would be one in the archive too, and nothing of it would be read.
    member.type, member.linkname, member.size = tarfile.REGTYPE, "", content.stat().st_size
    with content.open("rb") as file:
        reader = _Hashing(file)
        tar.addfile(member, reader)
    return reader.sha256.hexdigest()


class _Hashing:
    """A file that remembers what was read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


def _is_sqlite(path: Path) -> bool:
    """Told by content: the servers' metrics are files `.db` too."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _is_journal(path: Path) -> bool:
    """Whether SQLite's copy of the database beside it has the content already."""
    name, dash, kind = path.name.rpartition("-")
    return bool(dash) and kind in ("wal", "shm") and _is_sqlite(path.with_name(name))


def _sqlite_copy(path: Path, folder: Path) -> Path | None:
    """A copy with everything that is in the journal, made by SQLite itself; None of what it cannot read."""
    copy = folder / "copy.db"
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in _NO_DATABASE:
            raise
        log.warning("backed_up_as_plain_file", path=str(path), reason=str(error))
        return None
    return copy
