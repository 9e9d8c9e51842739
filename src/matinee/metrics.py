"""Ranking metrics of one user with binary relevance, and of all lists together, by their usual definitions.

`ranked` is a list of movies, best first, without repetition; `truth` the movies that the user liked afterwards, not
empty. Every value of a user lies in [0, 1] and an oracle reaches 1, because the ideal list is cut at k as well.
"""

from collections.abc import Mapping, Sequence
from math import log2, sqrt

import numpy as np
from numpy.typing import NDArray


def ndcg_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """Normalized discounted cumulative gain, gain 1 and discount 1 / log2(rank + 1) (Järvelin & Kekäläinen, 2002)."""
    gain = sum(_discount(rank) for rank, movie in enumerate(ranked[:k], 1) if movie in truth)
    ideal = sum(_discount(rank) for rank in range(1, min(k, len(truth)) + 1))
    return gain / ideal


def debiased_ndcg_at_k(ranked: Sequence[int], truth: set[int], k: int, popularity: Mapping[int, float]) -> float:
    """NDCG whose gain of a movie is 1 / √(1 + popularity): a hit among the long tail weighs more.

    The inverse-propensity estimate of Yang et al., "Unbiased offline recommender evaluation for
    missing-not-at-random implicit feedback" (2018), with propensities ∝ popularity to the power 1/2.
    """
    gains = {movie: 1 / sqrt(1 + popularity.get(movie, 0)) for movie in truth}
    gain = sum(gains[movie] * _discount(rank) for rank, movie in enumerate(ranked[:k], 1) if movie in gains)
    best = sorted(gains.values(), reverse=True)[:k]
    return gain / sum(value * _discount(rank) for rank, value in enumerate(best, 1))


def recall_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """Share of the truth in the first k, of at most k movies (Liang et al., 2018)."""
    return len(truth.intersection(ranked[:k])) / min(k, len(truth))


def hit_rate_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """1 when the first k hold any movie of the truth, else 0."""
    return float(not truth.isdisjoint(ranked[:k]))


def mrr_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """Reciprocal rank of the first hit; 0 when the first k hold none."""
    return next((1 / rank for rank, movie in enumerate(ranked[:k], 1) if movie in truth), 0.0)


def gini(exposures: NDArray[np.int64]) -> float:
    """Gini index of how often each movie of the catalogue was shown: 0 all alike, near 1 always the same few.

    Args:
        exposures: counts, shape (n_movies,), zeros included.
    """
    shown = np.sort(exposures)
    if shown.sum() == 0:
        return 0.0
    ranks = np.arange(1, len(shown) + 1)
    return float((2 * ranks - len(shown) - 1) @ shown / (len(shown) * shown.sum()))


def _discount(rank: int) -> float:
    return 1 / log2(rank + 1)
