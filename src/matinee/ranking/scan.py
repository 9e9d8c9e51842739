"""The best movies for several users at once, by one pass over the factors that ends when nothing better can come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .request import ListRequest
from .topk import BLOCK, best_of, block_maxima, bound, contenders
from .types import Floats, Rows

N_FIRST = 2048
"""Movies with the longest factors, which are scored before it is known how many have to be."""


@dataclass(frozen=True)
class LongestFirst:
    """Item factors in the order in which they are scanned, the longest first."""

    item_factors: Floats
    """In matrix order, shape (n_movies, d)."""
    ordered: Floats
    """The same in the order of the scan."""
    rows: Rows
    """Matrix row at each place, shape (n_movies,)."""
    places: Rows
    """Place of each matrix row, shape (n_movies,)."""
    lengths: Floats
    """Length of the factor at each place, falling, shape (n_movies,)."""

    @classmethod
    def of(cls, item_factors: Floats) -> "LongestFirst":
        """Sort factors."""
        lengths = np.sqrt(np.einsum("ij,ij->i", item_factors, item_factors))
        rows = np.argsort(-lengths, kind="stable")
        places = np.empty_like(rows)
        places[rows] = np.arange(len(rows))
        return cls(item_factors, item_factors[rows], rows, places, lengths[rows])

    def scan(self, user_factors: Floats, requests: Sequence[ListRequest]) -> Iterable[tuple[Rows, Floats]]:
        """Rows and scores of the best movies for each of `user_factors`, shape (n_users, d).

        Movies are scored from the longest factor on, until those that are left are too short to reach the best k: a
        score is at most the product of both lengths. How a sum is rounded depends on what else is computed with it. So
        whatever may be among the best is scored again, each movie by itself, and a list is the same with whomever it
        was made.
        """
        lengths = np.sqrt(np.einsum("ij,ij->i", user_factors, user_factors))
        rounding = 2 * user_factors.shape[1] * np.finfo(np.float32).eps * self.lengths.max(initial=0) * lengths
        scores = self._enough_scores(user_factors, requests, lengths, rounding)
        maxima = np.ascontiguousarray(block_maxima(scores).T)
        for column, (request, user_factor) in enumerate(zip(requests, user_factors, strict=True)):
            places = contenders(scores[:, column], maxima[column], request.k, float(rounding[column]))
            rows = np.sort(self.rows[places])
            yield best_of(rows, np.einsum("ij,j->i", self.item_factors[rows], user_factor), request.k)

    def _enough_scores(
        self, user_factors: Floats, requests: Sequence[ListRequest], lengths: Floats, rounding: Floats
    ) -> Floats:
        """Scores of the first movies, as many as may be among the best, shape (n_scored, n_users)."""
        n_movies = len(self.rows)
        scores = np.empty((n_movies, len(requests)), np.float32)
        n_scored = min(n_movies, max(N_FIRST, *(2 * BLOCK * request.k for request in requests)))
        self._score(user_factors, requests, slice(0, n_scored), scores)
        if n_scored < n_movies:
            maxima = block_maxima(scores[:n_scored])
            bounds = np.array([bound(maxima[:, column], request.k) for column, request in enumerate(requests)])
            all_of_them = np.full(len(requests), -np.inf)  # for a user without any factors: all movies are equal
            needed = np.divide(bounds - 2 * rounding, lengths, out=all_of_them, where=lengths > 0)
            n_needed = self._n_reaching(float(needed.min()))
            if n_needed > n_scored:
                self._score(user_factors, requests, slice(n_scored, n_needed), scores)
                n_scored = n_needed
        return scores[:n_scored]

    def _n_reaching(self, length: float) -> int:
        """How many factors are at least so long."""
        return int(np.searchsorted(-self.lengths, -length, side="right"))

    def _score(self, user_factors: Floats, requests: Sequence[ListRequest], places: slice, scores: Floats) -> None:
        """Fill in the rows `places` of `scores`, shape (n_movies, n_users); -inf for what may not be in a list."""
        part = scores[places]
        # A column a user: so BLAS takes the factors as they lie, which the other way round it would copy first.
        np.matmul(self.ordered[places], user_factors.T, out=part)
        for column, request in enumerate(requests):
            excluded = self.places[request.excluded] - places.start
            part[excluded[(excluded >= 0) & (excluded < len(part))], column] = -np.inf
            if request.candidates is not None:
                part[~request.candidates[self.rows[places]], column] = -np.inf
