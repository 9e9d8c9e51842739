"""Which movies have been recommended since the served model was loaded, by all workers of a server together."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matinee.serving.workers import shared


class CoverageMap:
    """A byte for each movie of a version, in a file that the workers map: 1 once the movie was recommended."""

    def __init__(self, folder: Path, version: str, n_movies: int) -> None:
        """Share the file of `version` in `folder` with the other workers."""
        self._map = shared.mapped(folder / f"recommended-{version}-{n_movies}", max(n_movies, 1))
        self._shown = np.frombuffer(self._map, np.uint8)[:n_movies]

    def add(self, items: NDArray[np.int64]) -> None:
        """Take note of movies, by matrix row."""
        self._shown[items] = 1

    @property
    def share(self) -> float:
        """Part of the catalogue that was recommended; 0 of an empty one."""
        return float(self._shown.mean()) if len(self._shown) else 0.0
