"""What keeps matinee from working on this machine, found before anybody has to guess."""

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from matinee.errors import MatineeError
from matinee.ratings.ledger import ChunkLedger
from matinee.ratings.sources import prepare
from matinee.settings import Settings

FREE_BYTES = 2_000_000_000
"""Room for the databases, a few models and their history."""

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


def examine(settings: Settings) -> list[Finding]:
    """Look at the installation, the home, the ratings, the ledger and every process."""
    looks: dict[str, Callable[[Settings], str]] = {
        "installation": _installation,
        "disk": _disk,
        "ratings": _ratings,
        "chunks": _chunks,
    }
    services = {
        "MLflow": f"{settings.mlflow}/health",
        "Airflow": f"{settings.airflow}/api/v2/monitor/health",
        "API server": f"{settings.api}/health/ready",
        "page": f"{settings.ui}/_stcore/health",
    }
    return [_look(what, look, settings) for what, look in looks.items()] + [
        _ask(what, url) for what, url in services.items()
    ]


def _look(what: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, ok=True, detail=look(settings))
    except MatineeError as error:
        return Finding(what, ok=False, detail=str(error))


def _installation(_: Settings) -> str:
    missing = [part for part, module in PARTS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MatineeError(f"Not installed: {', '.join(missing)}.", "Run: make setup.")
    return "every part is installed"


def _disk(settings: Settings) -> str:
    folder = next(path for path in (settings.home, *settings.home.parents, Path("/")) if path.exists())
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < FREE_BYTES:
        raise MatineeError(f"{settings.home} has {free_bytes / 1e9:.1f} GB left.", "Free some, or move MATINEE_HOME.")
    return f"{free_bytes / 1e9:.0f} GB free for {settings.home}"


def _ratings(settings: Settings) -> str:
    source = prepare(settings)
    return f"{source.name}: {source.n_ratings:,} usable, {source.n_rows - source.n_ratings:,} in quarantine"


def _chunks(settings: Settings) -> str:
    chunks = ChunkLedger(settings).chunks()
    return f"{len(chunks)} taken, {sum(chunk.state != 'closed' for chunk in chunks)} of them not closed"


def _ask(what: str, url: str) -> Finding:
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as error:
        return Finding(what, ok=False, detail=f"{url} does not answer ({error}); start it with: matinee up")
    return Finding(what, ok=answer.is_success, detail=f"{url} answers {answer.status_code}")
