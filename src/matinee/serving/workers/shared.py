"""The folder of small mapped files in which all workers of a server count; emptied at each start of the server.

A mapped file that has holes kills the process (SIGBUS) that writes to one when the disk is full. Here every file has
all its blocks before it is mapped; when there is no room for them, a process counts in memory of its own instead.
"""

import mmap
import os
import shutil
from pathlib import Path

import structlog

log = structlog.get_logger()

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Read by `prometheus_client` when it is imported: each process then counts in files of its own there."""


def folder(home: Path) -> Path:
    """Where these files are, in the home."""
    return home / "workers"


def prepare(home: Path) -> None:
    """Empty the folder; called by the process that starts the workers, before `prometheus_client` is imported."""
    shutil.rmtree(folder(home), ignore_errors=True)
    folder(home).mkdir(parents=True, exist_ok=True)
    os.environ[_VARIABLE] = str(folder(home))


def metrics_folder() -> Path | None:
    """Where all workers keep their metrics; None in a process without `prepare`, which keeps its own in memory."""
    path = os.environ.get(_VARIABLE)
    return None if path is None else Path(path)


def mapped(path: Path, size_bytes: int) -> mmap.mmap:
    """The file `path`, mapped to be read and written by all workers; memory of this process where the disk is full."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            allocate(file, size_bytes)
            return mmap.mmap(file, size_bytes)
        finally:
            os.close(file)
    except OSError as error:
        log.warning("counted_in_memory_only", path=str(path), reason=str(error))
        return mmap.mmap(-1, size_bytes)


def allocate(file: int, size_bytes: int) -> None:
    """Give a file (by its descriptor) all blocks of its first `size_bytes`; an OSError when the disk has no room."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size_bytes)
    elif (missing := size_bytes - os.fstat(file).st_size) > 0:  # macOS
        os.pwrite(file, bytes(missing), size_bytes - missing)
