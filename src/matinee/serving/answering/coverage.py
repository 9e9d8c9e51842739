"""Which movies have been recommended since the served model was loaded, by all workers of a server together."""

import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matinee.serving.workers import shared

N_COUNTERS = 1_024
"""Processes count in places of their own, found by their ids, so that none overwrites what another has counted."""

KEPT_FILES = 10
"""Versions whose files stay: the one that is served, what was compared with it lately, and some for slow workers."""

_HEADER_BYTES = 8 * (1 + N_COUNTERS)


class CoverageMap:
    """What was recommended of a version, in a file that the workers map.

    The file holds when the version was first loaded (epoch seconds, float64), counters of lists (uint64), and a byte
    for each movie: 1 once it was recommended.
    """

    def __init__(self, folder: Path, version: str, n_movies: int) -> None:
        """Share the file of `version` in `folder` with the other workers."""
        self._map = shared.mapped(folder / f"recommended-{version}-{n_movies}", _HEADER_BYTES + n_movies)
        self._since_s = np.frombuffer(self._map, np.float64, 1)
        self._lists = np.frombuffer(self._map, np.uint64, N_COUNTERS, offset=8)
        self._shown = np.frombuffer(self._map, np.uint8, n_movies, offset=_HEADER_BYTES)
        self._counter = os.getpid() % N_COUNTERS
        if self._since_s[0] == 0:
            self._since_s[0] = time.time()
            _remove_oldest(folder)

    def add(self, items: NDArray[np.int64]) -> None:
        """Take note of a list of movies, by matrix row."""
        self._shown[items] = 1
        self._lists[self._counter] += 1

    @property
    def share(self) -> float:
        """Part of the catalogue that was recommended; 0 of an empty one."""
        return float(self._shown.mean()) if len(self._shown) else 0.0

    @property
    def n_lists(self) -> int:
        """Lists that were counted."""
        return int(self._lists.sum())

    @property
    def since(self) -> datetime:
        """When the version was first loaded since the server started."""
        return datetime.fromtimestamp(float(self._since_s[0]), UTC)


def _remove_oldest(folder: Path) -> None:
    """Of a server that swaps every day for years; who still maps a file goes on with it."""
    with suppress(FileNotFoundError):  # another worker removes them at the same moment
        for path in sorted(folder.glob("recommended-*"), key=_written_at)[:-KEPT_FILES]:
            path.unlink()


def _written_at(path: Path) -> float:
    return path.stat().st_mtime
