"""How far two distributions of counts are apart, and how probable that is by chance.

Ratings of one person are alike, so they are no independent draws: a p-value that counts each rating by itself would
cry wolf whenever one person with a taste of their own comes by. What is exchanged here are clusters, one person's
ratings in one period.
"""

import numpy as np
from numpy.typing import NDArray

N_DRAWS = 1999
"""Random divisions for a p-value, so that the smallest is 1/2000."""

Counts = NDArray[np.float64]


def distance(counts: Counts, other: Counts) -> float:
    """Jensen-Shannon distance of two distributions: 0 (the same) to 1 (disjoint).

    The square root of the divergence in bits, which makes it a metric (Endres and Schindelin, 2003).

    Args:
        counts: (n_categories,) how often each category was seen; not all 0.
        other: the same of the other distribution.
    """
    return float(distances(counts[np.newaxis], other[np.newaxis])[0])


def distances(counts: Counts, others: Counts) -> Counts:
    """`distance` of each row of `counts` (n, n_categories) to the same row of `others`; shape (n,)."""
    p = counts / counts.sum(axis=1, keepdims=True)
    q = others / others.sum(axis=1, keepdims=True)
    middle = (p + q) / 2
    divergence = (_kullback_leibler(p, middle) + _kullback_leibler(q, middle)) / 2
    return np.sqrt(np.clip(divergence, 0, 1))


def p_value(clusters: Counts, others: Counts, seed: int) -> float:
    """How probable a distance as large as that of two groups of clusters is, if chance alone divided them.

    A permutation test (Fisher, 1935; the observed division counts as one, Phipson and Smyth, 2010): all clusters are
    divided at random, again and again, into groups of the same sizes. It is exact when clusters are exchangeable.

    Args:
        clusters: (n, n_categories) counts of each cluster of one group; no row is all 0.
        others: (m, n_categories) of the other group.
        seed: of the random divisions; the same gives the same.

    Returns:
        Between 1 / (N_DRAWS + 1) and 1.
    """
    pool = np.concatenate([clusters, others])
    whole, size = pool.sum(axis=0), min(len(clusters), len(others))
    random = np.random.default_rng(seed)
    parts = np.stack([pool[random.choice(len(pool), size, replace=False)].sum(axis=0) for _ in range(N_DRAWS)])
    observed = distance(clusters.sum(axis=0), others.sum(axis=0))
    n_as_far = int((distances(parts, whole - parts) >= observed - 1e-12).sum())
    return (n_as_far + 1) / (N_DRAWS + 1)


def _kullback_leibler(p: Counts, q: Counts) -> Counts:
    """Divergence in bits of each row; `q` is positive wherever `p` is."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    return np.asarray((p * np.log2(ratio)).sum(axis=1))
