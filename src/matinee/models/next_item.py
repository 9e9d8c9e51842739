"""What is liked next, after what was liked last: a ridge regression of each liked movie on the history before it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from matinee.models.affordable import head_of
from matinee.models.interactions import Interactions, moments_of
from matinee.models.item_item import N_KEPT, N_KEPT_OF_MANY, add_cross_product, add_gram, fitted, solved
from matinee.models.recommender import Fitted
from matinee.ranking import Floats

MOST_TRANSITIONS = 1_000_000
"""Liked movies that are looked at, the newest: what follows what is known from these, and changes."""

BLOCK = 200_000
"""Of these, how many at a time."""

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
        movies, since = head_of(interactions), newest_since(interactions)
        statistics = partial(_regression, movies, self.recency, since)
        gram, next_liked = interactions.computation.total(statistics, interactions)
        gram[np.diag_indices_from(gram)] += self.regularization
        is_whole = len(movies) == np.count_nonzero(interactions.popularity())
        weights = solved(gram, next_liked)
        n_kept = N_KEPT if is_whole else N_KEPT_OF_MANY
        return fitted(weights, movies, interactions.n_movies, self.recency, n_kept)


def _regression(
    movies: NDArray[np.int64], recency: float, since: int, interactions: Interactions
) -> tuple[Floats, Floats]:
    """XᵀX, on and above its diagonal, and XᵀY of these users, both of shape (n, n)."""
    gram, next_liked = np.zeros((2, len(movies), len(movies)), np.float32)
    for before, after in transitions(interactions, recency, since):
        known = before[:, movies]
        add_gram(gram, known)
        add_cross_product(next_liked, known, after[:, movies])
    return gram, next_liked


def transitions(
    interactions: Interactions, recency: float, since: int
) -> Iterator[tuple[sp.csr_matrix, sp.csr_matrix]]:
    """Histories and what was liked next, both of shape (n, n_movies), a row for each movie liked from `since` on.

    A history ends before the moment of the rating, because the order within a moment is not known; its weights are
    those of `ranking.recency_weights` at that time.

    Yields:
        At most `BLOCK` rows at a time.
    """
    histories, liked = interactions.histories, interactions.liked
    users = np.repeat(np.arange(interactions.n_users, dtype=np.int32), np.diff(histories.offsets))[liked]
    items, moments = interactions.liked_items, interactions.liked_at
    likes = _Likes(users, items, interactions.liked_weights, np.searchsorted(users, np.arange(interactions.n_users)))
    first, end = moments_of(users, moments)
    newest = np.flatnonzero(moments >= since)
    for begins in range(0, len(newest), BLOCK):
        rows = newest[begins : begins + BLOCK]
        yield _histories_before(rows, first[rows], end, likes, interactions.n_movies, recency)


def newest_since(interactions: Interactions) -> int:
    """From when on at most `MOST_TRANSITIONS` movies were liked, in seconds since 1970 (UTC)."""
    moments = interactions.liked_at
    if len(moments) <= MOST_TRANSITIONS:
        return int(moments.min(initial=0))
    # One more than may be looked at; the moment after it is the first of which all may.
    return int(np.partition(moments, -MOST_TRANSITIONS - 1)[-MOST_TRANSITIONS - 1]) + 1


class _Likes(NamedTuple):
    """All liked movies, by user and time, each shape (n,)."""

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    counts: Floats
    """How much each counts."""
    starts: NDArray[np.int64]
    """Place of the first one of each user, shape (n_users,)."""


def _histories_before(
    rows: NDArray[np.int64],
    first: NDArray[np.int64],
    end: NDArray[np.int64],
    likes: _Likes,
    n_movies: int,
    recency: float,
) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """What was liked before each of `rows`, whose moments begin at the places `first`, and what was liked then.

    Args:
        rows: places among all liked movies, shape (n,).
        first: place of the first one of the same moment, shape (n,).
        end: place after the last one of the same moment, of all liked movies.
        likes: all liked movies.
        n_movies: size of the catalogue.
        recency: ratings after which the weight of an older one has fallen to 1/e.
    """
    lengths = np.minimum(first - likes.starts[likes.users[rows]], WINDOW)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    # Newest first: the place before the row's moment, and so on.
    source = np.repeat(first - 1 + offsets[:-1], lengths) - np.arange(offsets[-1])
    rank = (np.repeat(first, lengths) - end[source]).astype(np.float32)
    weights = np.exp(rank / np.float32(-recency)) * likes.counts[source]
    shape = (len(rows), n_movies)
    before = sp.csr_matrix((weights, likes.items[source], offsets), shape)
    after = sp.csr_matrix((likes.counts[rows], likes.items[rows], np.arange(len(rows) + 1)), shape)
    return before, after
