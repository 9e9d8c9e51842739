"""Ranking metrics of one user with binary relevance, by their usual definitions.

`ranked` is a list of movies, best first, without repetition; `truth` the movies that the user liked afterwards, not
empty. Every value lies in [0, 1] and an oracle reaches 1, because the ideal list is cut at k as well.
"""

from collections.abc import Sequence
from math import log2


def ndcg_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """Normalized discounted cumulative gain, gain 1 and discount 1 / log2(rank + 1) (Järvelin & Kekäläinen, 2002)."""
    gain = sum(_discount(rank) for rank, movie in enumerate(ranked[:k], 1) if movie in truth)
    ideal = sum(_discount(rank) for rank in range(1, min(k, len(truth)) + 1))
    return gain / ideal


def recall_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """Share of the truth in the first k, of at most k movies (Liang et al., 2018)."""
    return len(truth.intersection(ranked[:k])) / min(k, len(truth))


def hit_rate_at_k(ranked: Sequence[int], truth: set[int], k: int) -> float:
    """1 when the first k hold any movie of the truth, else 0."""
    return float(not truth.isdisjoint(ranked[:k]))


def _discount(rank: int) -> float:
    return 1 / log2(rank + 1)
