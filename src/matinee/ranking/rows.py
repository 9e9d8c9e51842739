"""Rows of item-item weights: all numbers of each, or the strongest of each and where they stand.

All numbers are the smaller and much the faster form until a catalogue has twice as many movies as weights are kept.
In an artifact each number is one byte, to be multiplied with the scale of its row (`ranking.quantized`).
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .types import Floats, Rows


class GatheredRows(Protocol):
    """The rows that speak for one user, read once for the scores and for their reasons."""

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """Sum of the rows, each times its weight, shape (n_movies,)."""
        ...

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """What each row adds to that sum for a few movies, shape (n_rows, n_items)."""
        ...


class WeightRows(Protocol):
    """The matrix B."""

    @property
    def n_movies(self) -> int:
        """Number of columns."""
        ...

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """Some of the rows."""
        ...


@dataclass(frozen=True, slots=True)
class DenseRows:
    """All numbers of each row; it is its own `GatheredRows`."""

    weights: NDArray[Any]
    """Shape (n_rows, n_movies), numbers of any kind."""

    @property
    def n_movies(self) -> int:
        """See `WeightRows.n_movies`."""
        return int(self.weights.shape[1])

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """See `WeightRows.gather`."""
        return DenseRows(self.weights[rows].astype(np.float32, copy=False))

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """See `GatheredRows.weighted_sum`."""
        total: Floats = row_weights @ self.weights
        return total

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """See `GatheredRows.terms`."""
        terms: Floats = row_weights[:, None] * self.weights[:, items]
        return terms


@dataclass(frozen=True, slots=True)
class SparseRows:
    """The strongest numbers of each row; it is its own `GatheredRows`."""

    neighbours: NDArray[Any]
    """Columns of the numbers, shape (n_rows, n_kept), whole numbers."""

    weights: NDArray[Any]
    """The numbers, of any kind, shape (n_rows, n_kept); zeros fill a row that has fewer."""

    n_movies: int

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """See `WeightRows.gather`."""
        return SparseRows(self.neighbours[rows], self.weights[rows], self.n_movies)

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """See `GatheredRows.weighted_sum`."""
        contributions = row_weights[:, None] * self.weights
        return np.bincount(self.neighbours.ravel(), contributions.ravel(), self.n_movies).astype(np.float32)

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """See `GatheredRows.terms`."""
        is_asked, column = np.zeros(self.n_movies, bool), np.zeros(self.n_movies, np.int64)
        is_asked[items], column[items] = True, np.arange(len(items))
        kept = np.flatnonzero(is_asked[self.neighbours.ravel()])  # few of many: only these are looked at any further
        row, place = np.divmod(kept, self.neighbours.shape[1])
        terms = np.zeros((len(self.weights), len(items)), np.float32)
        np.add.at(terms, (row, column[self.neighbours[row, place]]), row_weights[row] * self.weights[row, place])
        return terms


@dataclass(frozen=True, slots=True)
class ScaledRows:
    """Other rows, each times its scale."""

    rows: WeightRows
    scales: Floats
    """Shape (n_rows,)."""

    @property
    def n_movies(self) -> int:
        """See `WeightRows.n_movies`."""
        return self.rows.n_movies

    def gather(self, rows: NDArray[np.int32]) -> GatheredRows:
        """See `WeightRows.gather`."""
        return _ScaledGathered(self.rows.gather(rows), self.scales[rows])


@dataclass(frozen=True, slots=True)
class _ScaledGathered:
    """It is the few weights of the rows that are scaled, never the rows."""

    rows: GatheredRows
    scales: Floats

    def weighted_sum(self, row_weights: Floats) -> Floats:
        """See `GatheredRows.weighted_sum`."""
        return self.rows.weighted_sum(row_weights * self.scales)

    def terms(self, row_weights: Floats, items: Rows) -> Floats:
        """See `GatheredRows.terms`."""
        return self.rows.terms(row_weights * self.scales, items)
