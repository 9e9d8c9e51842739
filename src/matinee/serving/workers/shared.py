"""What the workers of one server share besides the database: counters in small mapped files, new at each start."""

import os
import shutil
from pathlib import Path

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by `prometheus_client` when it is imported: each process then counts in files of its own there."""


def folder(home: Path) -> Path:
    """Where these files are."""
    return home / "workers"


def prepare(home: Path) -> None:
    """Make the folder anew; by the process that starts the workers, before `prometheus_client` is imported."""
    shutil.rmtree(folder(home), ignore_errors=True)
    folder(home).mkdir(parents=True)
    os.environ[_VARIABLE] = str(folder(home))


def counts_of_all() -> Path | None:
    """Where all workers count; None in a process that was not prepared, which counts for itself."""
    path = os.environ.get(_VARIABLE)
    return None if path is None else Path(path)
