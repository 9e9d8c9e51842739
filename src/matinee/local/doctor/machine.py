"""Whether this machine can run matinee: Python, what is installed, what runs already, and the ports."""

import importlib.util
import sys

from matinee.errors import INSTALL, MatineeError
from matinee.local import commands, family, ports
from matinee.local.programs import programs
from matinee.local.state import State, is_broken
from matinee.settings import Settings

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
            "Unless another one has taken over in 10 s, run: matinee down, then matinee up.",
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
