"""Whether this machine can run matinee: Python, what is installed, the disk, what runs already, and the ports."""

import importlib.util
import shutil
import sys
import time
from pathlib import Path

from matinee.errors import INSTALL, MatineeError
from matinee.local import commands, family, ports
from matinee.local.programs import programs
from matinee.local.state import State, is_broken
from matinee.settings import Settings

FREE_BYTES = 2_000_000_000
"""Room for the databases, a few models and their history."""

YOUNG_DAYS = 3.0
"""Until then the first model and the data set are most of what a home holds."""

DAYS_LEFT = 30.0
"""A disk that is full sooner, at the pace of this home so far, is told."""

PYTHONS = ((3, 11), (3, 12), (3, 13))

PARTS = {
    "train": "implicit",
    "train and registry": "mlflow",
    "serve": "fastapi",
    "ui": "streamlit",
    "airflow": "airflow",
}


def check_python(_: Settings) -> str:
    """Whether this is a Python that matinee is tested with."""
    found = sys.version_info[:2]
    if found not in PYTHONS:
        raise MatineeError(
            f"This is Python {found[0]}.{found[1]}, and matinee needs 3.11, 3.12 or 3.13.",
            "Make the environment anew: make clean, then make setup PYTHON=/path/to/python3.12.",
        )
    return f"{found[0]}.{found[1]}, {sys.executable}"


def check_installation(_: Settings) -> str:
    """Whether every part is installed."""
    missing = [part for part, module in PARTS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MatineeError(f"Not installed: {', '.join(missing)}.", INSTALL)
    return "every part is installed"


def check_disk(settings: Settings) -> str:
    """Whether there is room, and for how long."""
    folder = next(path for path in (settings.home, *settings.home.parents, Path("/")) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    remedy = "Free some, or move the home and set MATINEE_HOME to where it is."
    if free_bytes < FREE_BYTES:
        raise MatineeError(
            f"{settings.home} has {free_bytes / 1e9:.1f} GB left, and matinee wants {FREE_BYTES / 1e9:.0f} GB.", remedy
        )
    a_day_bytes = _growth_bytes(settings.home)
    if a_day_bytes is None:
        return f"{free_bytes / 1e9:.0f} GB free for {settings.home}"
    days = free_bytes / a_day_bytes
    pace = f"{settings.home} has grown by {a_day_bytes / 1e6:.0f} MB a day"
    if days < DAYS_LEFT:
        raise MatineeError(f"The disk is full in about {days:.0f} days: {pace}.", remedy)
    return f"{free_bytes / 1e9:.0f} GB free; {pace}, enough for {days:,.0f} days"


def _growth_bytes(home: Path) -> float | None:
    """What a home has grown by a day, on the average of its life; None while it is too young to tell."""
    secrets = [path.stat().st_mtime for path in (home / "secrets").glob("*")]  # made at the first start
    age_days = (time.time() - min(secrets)) / 86_400 if secrets else 0.0
    if age_days < YOUNG_DAYS:
        return None
    n_bytes = sum(entry.stat().st_blocks * 512 for entry in home.rglob("*") if not entry.is_symlink())
    return max(n_bytes, 1) / age_days


def check_locks(settings: Settings) -> str:
    """Whether a supervisor runs, or one has died and left something."""
    if is_broken(settings.home):
        raise MatineeError(
            f"{settings.home / 'supervisor.json'} cannot be read.", "Run: matinee down, then matinee up."
        )
    found = State.read(settings.home)
    if found is not None and found.supervisor() is not None:
        return f"held by the supervisor, pid {found.pid}"
    left = family.marked(settings.home)
    if found is not None or left:
        raise MatineeError(
            f"A supervisor has died (pid {found.pid if found else 'unknown'}) and left {len(left)} processes.",
            "Run: matinee down, then matinee up.",
        )
    return "free; matinee does not run"


def check_ports(settings: Settings) -> str:
    """Whether every program can have its port."""
    if family.marked(settings.home):
        commands.require_own_ports(settings)
        return "used by this matinee"
    try:
        ports.check(settings.host, programs(settings))
    except ModuleNotFoundError as error:
        raise MatineeError(f"What is to listen on them is not installed: {error}.", INSTALL) from error
    return "all are free"
