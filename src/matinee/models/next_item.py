"""What is liked next, after what was liked last: a ridge regression of each liked movie on the history before it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import scipy.sparse as sp

from matinee.models.interactions import Interactions
from matinee.models.item_item import cross_product, fitted, inverse, liked_movies
from matinee.models.recommender import Fitted

WINDOW = 50
"""Liked movies before a rating that count as its history; `recency` has made older ones light."""


@dataclass(frozen=True)
class NextItem:
    """B = (XᵀX + λI)⁻¹ XᵀY: each row of X a recency-weighted history, the row of Y the movie liked after it."""

    regularization: float = 300.0
    """λ."""
    recency: float = 10.0
    """Ratings after which the weight of an older one in a history has fallen to 1/e."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        movies = liked_movies(interactions)
        before, after = (matrix[:, movies] for matrix in transitions(interactions, self.recency))
        gram = cross_product(before, before)
        gram[np.diag_indices_from(gram)] += self.regularization
        weights = inverse(gram) @ cross_product(before, after)
        return fitted(weights, movies, interactions.n_movies, self.recency)


def transitions(interactions: Interactions, recency: float) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Histories and what was liked next, both of shape (n_liked, n_movies), a row for each liked movie.

    A history ends before the moment of the rating, because the order within a moment is not known; its weights are
    those of `ranking.recency_weights` at that time.
    """
    histories, liked = interactions.histories, interactions.liked
    users = np.repeat(np.arange(interactions.n_users), np.diff(histories.offsets))[liked]
    items, moments = histories.items[liked], histories.rated_at[liked]
    rows = np.arange(len(items))
    starts = np.flatnonzero(np.diff(users, prepend=-1) | np.diff(moments, prepend=-1))
    group = np.searchsorted(starts, rows, side="right") - 1
    first, end = starts[group], np.append(starts[1:], len(items))[group]
    sources = first[:, None] - 1 - np.arange(WINDOW)
    is_own = (sources >= 0) & (users[np.maximum(sources, 0)] == users[:, None])
    row, source = np.nonzero(is_own)[0], sources[is_own]
    weights = np.exp(-(first[row] - end[source]) / recency).astype(np.float32)
    shape = (len(items), interactions.n_movies)
    before = sp.csr_matrix((weights, (row, items[source])), shape)
    after = sp.csr_matrix((np.ones(len(items), np.float32), (rows, items)), shape)
    return before, after
