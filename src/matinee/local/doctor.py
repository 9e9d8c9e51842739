"""What keeps matinee from working on this machine, found before anybody has to guess."""

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from matinee.errors import INSTALL, MatineeError
from matinee.local import commands, family, ports
from matinee.local.programs import programs
from matinee.local.state import State, is_broken
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings

FREE_BYTES = 2_000_000_000
"""Room for the databases, a few models and their history."""

PYTHONS = ((3, 11), (3, 12), (3, 13))

PARTS = {
    "train": "implicit",
    "train and registry": "mlflow",
    "serve": "fastapi",
    "ui": "streamlit",
    "airflow": "airflow",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    fix: str = ""
    """What to do about it; empty when `ok`."""


def examine(settings: Settings) -> list[Finding]:
    """Look at the installation, the home, the ports, the ratings, the ledger and every process; nothing is changed."""
    looks: dict[str, Callable[[Settings], str]] = {
        "Python": _python,
        "installation": _installation,
        "disk": _disk,
        "locks": _locks,
        "ports": _ports,
        "ratings": _ratings,
        "chunks": _chunks,
    }
    services = {
        "MLflow": ("mlflow", f"{settings.mlflow}/health"),
        "Airflow": ("airflow-api-server", f"{settings.airflow}/api/v2/monitor/health"),
        "API server": ("api", f"{settings.api}/health/ready"),
        "page": ("ui", f"{settings.ui}/_stcore/health"),
    }
    return [_look(what, look, settings) for what, look in looks.items()] + [
        _ask(what, process, url) for what, (process, url) in services.items()
    ]


def _look(what: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, ok=True, detail=look(settings))
    except MatineeError as error:
        return Finding(what, ok=False, detail=error.message, fix=error.hint)


def _python(_: Settings) -> str:
    found = sys.version_info[:2]
    if found not in PYTHONS:
        raise MatineeError(
            f"This is Python {found[0]}.{found[1]}, and matinee needs 3.11, 3.12 or 3.13.",
            "Make the environment anew: make clean, then make setup PYTHON=/path/to/python3.12.",
        )
    return f"{found[0]}.{found[1]}, {sys.executable}"


def _installation(_: Settings) -> str:
    missing = [part for part, module in PARTS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MatineeError(f"Not installed: {', '.join(missing)}.", INSTALL)
    return "every part is installed"


def _disk(settings: Settings) -> str:
    folder = next(path for path in (settings.home, *settings.home.parents, Path("/")) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < FREE_BYTES:
        raise MatineeError(
            f"{settings.home} has {free_bytes / 1e9:.1f} GB left, and matinee wants {FREE_BYTES / 1e9:.0f} GB.",
            "Free some, or move the home and set MATINEE_HOME to where it is.",
        )
    return f"{free_bytes / 1e9:.0f} GB free for {settings.home}"


def _locks(settings: Settings) -> str:
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


def _ports(settings: Settings) -> str:
    if family.marked(settings.home):
        commands.require_own_ports(settings)
        return "used by this matinee"
    try:
        ports.check(settings.host, programs(settings))
    except ModuleNotFoundError as error:
        raise MatineeError(f"What is to listen on them is not installed: {error}.", INSTALL) from error
    return "all are free"


def _ratings(settings: Settings) -> str:
    source = prepare(settings)
    return f"{source.name}: {source.n_ratings:,} usable, {source.n_rows - source.n_ratings:,} in quarantine"


def _chunks(settings: Settings) -> str:
    chunks = ChunkLedger(settings).chunks()
    return f"{len(chunks)} taken, {sum(chunk.state != 'closed' for chunk in chunks)} of them not closed"


def _ask(what: str, process: str, url: str) -> Finding:
    fix = f"Start it: matinee up. If it runs and does not heal, see: matinee logs {process}."
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(what, ok=False, detail=f"{url} does not answer ({error}).", fix=fix)
    ok = answer.is_success
    return Finding(what, ok=ok, detail=f"{url} answers {answer.status_code}.", fix="" if ok else fix)
