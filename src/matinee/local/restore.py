"""Make a home of what `matinee backup` wrote: here or elsewhere, under the same or other ports."""

import json
import os
import pwd
import shutil
import tarfile
import tempfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matinee.errors import BadData, Refused, UsageError
from matinee.home import BEING_RESTORED, half_restored
from matinee.local.backup import FORMAT_VERSION, LIST, PASSING, stopped
from matinee.local.postgres import ROOT_RUNS_IT_AS
from matinee.settings import Settings
from matinee.storage import digest


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
    is_there = _has_content(home)
    if is_there and not replace:
        raise UsageError(f"{home} is not empty.", "Set MATINEE_HOME to another folder, or add --replace.")
    home.parent.mkdir(parents=True, exist_ok=True)
    prefix = BEING_RESTORED.format(home.name)
    with stopped(home), tempfile.TemporaryDirectory(prefix=prefix, dir=home.parent) as folder:
        for left in half_restored(home):
            if left != Path(folder):
                shutil.rmtree(left)
        draft = Path(folder) / "home"
        listed = _read(archive, draft)
        _give_postgres_its_owner(draft / "postgres")
        aside = home.with_name(f"{home.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}") if is_there else None
        home.rename(aside or Path(folder) / "empty")
        draft.rename(home)
    return {"home": str(home), "aside": aside and str(aside), **{name: listed[name] for name in ("version", "made_at")}}


def require_none_in_the_middle(home: Path) -> None:
    """Refuse a home that is empty because a restore has ended in the middle: `up` would begin with nothing.

    Raises:
        Refused: it is.
    """
    if not _has_content(home) and (left := half_restored(home)):
        raise Refused(
            f"A restore of {home} has ended in the middle: the home is empty.",
            f"Run `matinee restore FILE` again; what was there before is {home}.before-TIME. "
            f"To begin with nothing instead, remove {left[0]}.",
        )


def _has_content(home: Path) -> bool:
    return home.is_dir() and any(path.name not in PASSING for path in home.iterdir())


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
