"""The folder of small mapped files in which all workers of a server count; emptied at each start of the server."""

import os
import shutil
from pathlib import Path

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by `prometheus_client` when it is imported: each process then counts in files of its own there."""


def folder(home: Path) -> Path:
    """Where these files are, in the home."""
    return home / "workers"


def prepare(home: Path) -> None:
    """Empty the folder; called by the process that starts the workers, before `prometheus_client` is imported."""
    shutil.rmtree(folder(home), ignore_errors=True)
    folder(home).mkdir(parents=True)
    os.environ[_VARIABLE] = str(folder(home))


def metrics_folder() -> Path | None:
    """Where all workers keep their metrics; None in a process without `prepare`, which keeps its own in memory."""
    path = os.environ.get(_VARIABLE)
    return None if path is None else Path(path)
