"""The home folder before any other container uses it: whose it is, what is in it, and whether the engine can do it.

Docker makes host folders that do not exist yet as root. The init container is the only one that starts as root, with
just the capabilities to hand such a folder over and to become the user that all other containers run as.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from matinee import credentials
from matinee.containers.databases import ROLES, SUPERUSER
from matinee.errors import Refused, UsageError
from matinee.home import keep_private
from matinee.settings import Settings

MOUNTED = ("postgres-17", "prometheus")
"""Folders of the home that are mounted by themselves. PostgreSQL's files belong to its major version."""

NEEDED_BYTES = 3_500_000_000
MEMORY_INFO = Path("/proc/meminfo")


def check_memory(memory_info: Path = MEMORY_INFO) -> None:
    """See that the machine, or the virtual machine of Docker Desktop, has the memory that all containers take.

    Raises:
        Refused: it has not.
    """
    total_kb = next(line for line in memory_info.read_text().splitlines() if line.startswith("MemTotal:")).split()[1]
    total_bytes = int(total_kb) * 1024
    if total_bytes < NEEDED_BYTES:
        raise Refused(
            f"Docker has {total_bytes / 1e9:.1f} GB of memory, and matinee needs {NEEDED_BYTES / 1e9:.1f} GB.",
            "Give it more (Docker Desktop: Settings, Resources, Memory), then `docker compose up --wait` again.",
        )


def become_owner(home: Path, environment: Mapping[str, str] = os.environ) -> None:
    """Hand folders that the engine has just made over to `HOST_UID`:`HOST_GID`, and become that user.

    Raises:
        UsageError: one of the two is not the number of an ordinary user or group.
        Refused: something in the home belongs to somebody else.
    """
    uid, gid = (_number(environment, name) for name in ("HOST_UID", "HOST_GID"))
    if os.geteuid() == 0:
        for folder in (home, *(home / name for name in MOUNTED)):
            if _just_made(folder):
                os.chown(folder, uid, gid)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    for path in _own_paths(home):
        if (owner := path.stat().st_uid) != os.geteuid():
            raise Refused(
                f"{path.relative_to(home.parent)} belongs to user {owner}, and the containers run as {uid}.",
                f"Set HOST_UID={owner} in .env, or give it to them: sudo chown -R {uid}:{gid} on that folder.",
            )


def prepare(settings: Settings) -> None:
    """Make the folders and the secrets of a home, and PostgreSQL's password file."""
    keep_private(settings.home)
    for name in (*MOUNTED, "mlartifacts", "serving", "ratings", "datasets", "logs"):
        (settings.home / name).mkdir(parents=True, exist_ok=True)
    credentials.api_token(settings)
    logins = {SUPERUSER: "postgres_password", **{role: f"{role}_password" for role in ROLES}}
    lines = [f"*:*:*:{role}:{credentials.secret(settings.home, name)}\n" for role, name in logins.items()]
    path = settings.home / "secrets" / "pgpass"
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def _number(environment: Mapping[str, str], name: str) -> int:
    value = environment.get(name, "")
    if not value.isdecimal() or int(value) == 0:
        raise UsageError(
            f"{name} is {value!r}, not the number of an ordinary user or group.", f"Correct {name} in .env: see `id`."
        )
    return int(value)


def _just_made(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_uid == 0 and (folder.name in MOUNTED or _holds_only_mounted(folder))


def _holds_only_mounted(home: Path) -> bool:
    return {path.name for path in home.iterdir()} <= set(MOUNTED)


def _own_paths(home: Path) -> Iterator[Path]:
    """The home and what lies directly in it; the native mode's PostgreSQL may run as somebody else."""
    yield home
    yield from (path for path in sorted(home.iterdir()) if path.name != "postgres")
