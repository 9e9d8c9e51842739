"""Which movies get item-item weights of their own: as many as memory and time allow, the most liked first.

The weights between m movies are matrices of m² numbers, and inverting one takes time by m³. So where a catalogue is
larger than what can be afforded, the most liked movies (the head) are solved exactly, and every other one (the tail)
gets the weights of the head's movies that it was liked with most often (`tail_columns`).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from matinee.models.interactions import Interactions
from matinee.ranking import Floats

MOST = 8_000
"""Movies of the head at most: 256 MB a matrix, and seconds to invert it, on two cores."""

LEAST = 200
"""Movies of the head at least, however little memory there is: 160 kB a matrix."""

N_MATRICES = 4
"""Matrices of the head that a fit holds at a time, with what lies between."""

SHARE = 0.4
"""Of the memory, what these matrices may take; the rest is for ratings and the process itself."""

SUPPORT = 64
"""Movies of the head that speak for one of the tail."""


def head_of(interactions: Interactions) -> NDArray[np.int64]:
    """Rows of the liked movies that get weights of their own, rising; all of them where that can be afforded."""
    popularity = interactions.popularity()
    liked = np.flatnonzero(popularity)
    limit = n_affordable(interactions.memory_bytes)
    if len(liked) <= limit:
        return liked
    return np.sort(liked[np.argsort(-popularity[liked], kind="stable")[:limit]])


def n_affordable(memory_bytes: int) -> int:
    """Movies of the head that fit into so much memory, and into the time of a day."""
    fits = int((SHARE * memory_bytes / (N_MATRICES * np.dtype(np.float32).itemsize)) ** 0.5)
    return max(LEAST, min(MOST, fits))


def tail_columns(
    user_items: sp.csr_matrix, head: NDArray[np.int64], gram: Floats, regularization: float
) -> sp.csr_matrix:
    """Weights of the head's movies for all others, shape (n_head, n_movies), empty columns for the head itself.

    For each movie j of the tail the ridge regression on the few movies S of the head that it was liked with most often
    for their popularity: b = (G_SS + λI)⁻¹ g_Sj, which is column j of EASE if no movie but those may speak for it.

    Args:
        user_items: who liked what, shape (n_users, n_movies).
        head: rows of the head, rising.
        gram: co-occurrences G of the head, without λ, shape (n_head, n_head).
        regularization: λ.
    """
    columns = user_items.tocsc()
    is_tail = np.ones(user_items.shape[1], bool)
    is_tail[head] = False
    tail = np.flatnonzero(is_tail & (np.diff(columns.indptr) > 0))
    together = (columns[:, tail].T @ columns[:, head]).tocsr()
    scale = 1 / np.sqrt(np.diagonal(gram) + np.float32(regularization))
    rows, weights = [], []
    for start, end in zip(together.indptr[:-1], together.indptr[1:], strict=True):
        support, counts = _strongest(together.indices[start:end], together.data[start:end], scale)
        system = gram[np.ix_(support, support)]
        system.ravel()[:: len(support) + 1] += np.float32(regularization)
        rows.append(support)
        weights.append(np.linalg.solve(system, counts) if len(support) else counts)
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in rows])])
    by_movie = sp.csc_matrix(
        (np.concatenate([*weights, []]), np.concatenate([*rows, []]), offsets), (len(head), len(tail)), np.float32
    )
    return (
        by_movie @ sp.csr_matrix((np.ones(len(tail)), (np.arange(len(tail)), tail)), (len(tail), len(is_tail)))
    ).tocsr()


def _strongest(indices: NDArray[np.int32], counts: Floats, scale: Floats) -> tuple[NDArray[np.int32], Floats]:
    if len(indices) <= SUPPORT:
        return indices, counts
    kept = np.sort(np.argpartition(-counts * scale[indices], SUPPORT)[:SUPPORT])
    return indices[kept], counts[kept]
