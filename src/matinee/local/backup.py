"""Back up a whole home into one file, and restore it: here or elsewhere, under the same or other ports.

A home is copied while it is stopped, which is what makes its parts (PostgreSQL's files, two SQLite databases, chunks,
artifacts, the served model) belong together. The archive is a compressed tar; its last member lists the SHA-256 of all
others, so an archive that was cut off or damaged is noticed before anything of it is used.
"""

import hashlib
import json
import os
import pwd
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import structlog

from matinee import __version__
from matinee.errors import BadData, Refused, UsageError
from matinee.local import family, state
from matinee.local.postgres import ROOT_RUNS_IT_AS
from matinee.settings import Settings
from matinee.storage import digest

log = structlog.get_logger()

FORMAT_VERSION = 1
LIST = "matinee-backup.json"
"""Last member: format, version of matinee, time, and the SHA-256 of each file."""

_PASSING = ("supervisor.json", "supervisor.lock", "postmaster.pid")
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
    with _stopped(home):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                listed = _write(home, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)
    return {"archive": str(archive), "n_files": len(listed["files"]), "size_bytes": archive.stat().st_size}


def restore(settings: Settings, archive: Path, *, replace: bool = False) -> dict[str, Any]:
    """Make the home what `archive` holds; until everything is unpacked and verified, nothing is touched.

    Args:
        settings: `home` is where to.
        archive: what `back_up` wrote.
        replace: put a home that is there aside, under a name that is returned.

    Raises:
        UsageError: there is no such file, or the home is not empty and `replace` is false.
        BadData: the archive is damaged, incomplete, none of matinee's, or of a newer version.
        Refused: matinee runs in the home.
    """
    home = settings.home
    if not archive.is_file():
        raise UsageError(f"There is no file {archive}.", "Name what `matinee backup` wrote.")
    is_there = home.is_dir() and any(path.name not in _PASSING for path in home.iterdir())
    if is_there and not replace:
        raise UsageError(f"{home} is not empty.", "Set MATINEE_HOME to another folder, or add --replace.")
    home.parent.mkdir(parents=True, exist_ok=True)
    with _stopped(home), tempfile.TemporaryDirectory(prefix=f".{home.name}.restoring-", dir=home.parent) as folder:
        draft = Path(folder) / "home"
        listed = _read(archive, draft)
        _give_postgres_its_owner(draft / "postgres")
        aside = home.with_name(f"{home.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}") if is_there else None
        home.rename(aside or Path(folder) / "empty")
        draft.rename(home)
    return {"home": str(home), "aside": aside and str(aside), **{name: listed[name] for name in ("version", "made_at")}}


@contextmanager
def _stopped(home: Path) -> Iterator[None]:
    """Hold the home's lock, so that nobody starts it meanwhile."""
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
            if path.name in _PASSING or _is_journal(path):
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


def _read(archive: Path, folder: Path) -> dict[str, Any]:
    """Unpack and verify; returns the list."""
    damaged = BadData(f"{archive} is damaged, or no backup of matinee.", "Use another backup; nothing was changed.")
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder, filter=_as_it_was)  # noqa: S202  the filter refuses what leaves the folder
            hard_links = {each.name: each.linkname for each in tar if each.islnk()}  # older versions noted no SHA-256
        listed: dict[str, Any] = json.loads((folder / LIST).read_text())
        files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        found = {str(path.relative_to(folder)) for path in files} - {LIST}
        is_newer = listed["format"] > FORMAT_VERSION
        is_same = not is_newer and found == listed["files"].keys()
        sha256s = {name: listed["files"][hard_links.get(name, name)] for name in listed["files"]}
        is_same = is_same and all(digest(folder / name) == sha256 for name, sha256 in sha256s.items())
    except (tarfile.TarError, EOFError, zlib.error, FileNotFoundError, ValueError, KeyError, TypeError) as error:
        raise damaged from error
    except OSError as error:
        if error.errno is None:  # "not a gzipped file" and failed check sums, which no device has caused
            raise damaged from error
        raise
    if is_newer:
        raise BadData(f"{archive} was made by matinee {listed['version']}, which is newer.", "Update matinee.")
    if not is_same:
        raise damaged
    (folder / LIST).unlink()
    return listed


def _as_it_was(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """Refuse what leaves the folder; keep the permissions, on which PostgreSQL and the secrets depend."""
    checked = tarfile.data_filter(member, folder)
    return checked.replace(mode=member.mode & 0o777, deep=False)


def _give_postgres_its_owner(folder: Path) -> None:
    if os.geteuid() == 0 and folder.is_dir():
        user = pwd.getpwnam(ROOT_RUNS_IT_AS)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user.pw_uid, user.pw_gid)
