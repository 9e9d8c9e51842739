"""The highest of many scores, found in one pass over them."""

from math import inf

import numpy as np

from .types import Floats, Mask, Rows

BLOCK = 16
"""Movies of which `top_k` looks at the best one only; smaller blocks bound better, larger ones are fewer."""

MANY = 256
"""Scores from which they are sorted as whole numbers."""


def top_k(scores: Floats, k: int, allowed: Mask) -> Rows:
    """Rows of the `k` highest allowed scores, best first, ties by row; no score may be -inf."""
    masked = np.where(allowed, scores, np.float32(-np.inf))
    rows = contenders(masked, block_maxima(masked), k)
    return best_of(rows, masked[rows], k)[0]


def block_maxima(scores: Floats) -> Floats:
    """Highest score of each block, along the first axis; block b of n is of the rows b, b + n, b + 2n and so on.

    That way a block is a column: numpy finds the maxima of columns several times faster than those of short rows.
    """
    n_blocks = len(scores) // BLOCK
    maxima: Floats = scores[: n_blocks * BLOCK].reshape(BLOCK, n_blocks, *scores.shape[1:]).max(axis=0)
    return maxima


def bound(maxima: Floats, k: int) -> float:
    """What the k-th highest score reaches at least: the k-th highest of the maxima of blocks; -inf for too few."""
    n_blocks = len(maxima)
    return float(np.partition(maxima, n_blocks - k)[n_blocks - k]) if 0 < k <= n_blocks else -inf


def contenders(scores: Floats, maxima: Floats, k: int, rounding: float = 0.0) -> Rows:
    """Rows, rising, that hold the `k` highest of `scores` even if each is wrong by `rounding`; never one of -inf.

    The k-th highest of the maxima of blocks is a bound: at least k scores reach it, so the best k are among those that
    do. One pass over the catalogue finds them, and few are left to sort.
    """
    if k <= 0:
        return np.empty(0, np.int64)
    n_blocks = len(maxima)
    least = bound(maxima, k) - 2 * rounding
    if least == -np.inf:
        return np.flatnonzero(scores > -np.inf)
    reaching = np.flatnonzero(maxima >= least)
    within = (np.arange(BLOCK)[:, None] * n_blocks + reaching).ravel()
    rows = np.concatenate([within, np.arange(BLOCK * n_blocks, len(scores))])
    return np.sort(rows[scores[rows] >= least])


def best_of(rows: Rows, scores: Floats, k: int) -> tuple[Rows, Floats]:
    """The `k` highest scores of a few rows, which rise: their rows, best first, and the scores."""
    order = (np.argsort(-scores, kind="stable") if len(scores) < MANY else _order_of_many(scores))[:k]
    return rows[order], scores[order]


def _order_of_many(scores: Floats) -> Rows:
    """What a stable sort of `-scores` gives, in half the time: whole numbers, with the place in their lower half.

    The bits of floats that are not negative rise as these do, and those of negative ones fall.
    """
    bits = (np.float32(0) - scores).view(np.int32)  # of 0 that is 0, where -scores is -0
    keys = np.where(bits < 0, np.int32(-(2**31)) - bits, bits).astype(np.int64) << 32
    keys |= np.arange(len(scores))
    keys.sort()
    return np.asarray(keys & (2**32 - 1), np.int64)
