"""Which movies get item-item weights of their own: as many as memory and time allow, the most liked first.

The weights between m movies are matrices of m² numbers, and inverting one takes time by m³. So where a catalogue is
larger than what can be afforded, the most liked movies (the head) are solved exactly, and every other one (the tail)
gets the weights of the head's movies that it was liked with most often (`tail_columns`).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from matinee.cores import in_blocks
from matinee.models.interactions import Interactions
from matinee.ranking import Floats

MOST = 6_000
"""Movies of the head at most: 144 MB a matrix, and two seconds to invert it, on two cores."""

LEAST = 200
"""Movies of the head at least, however little memory there is: 160 kB a matrix."""

N_MATRICES = 4
"""Matrices of the head that a fit holds at a time, with what lies between."""

SHARE = 0.4
"""Of the memory, what these matrices may take; the rest is for ratings and the process itself."""

SUPPORT = 64
"""Movies of the head that speak for one of the tail."""

BLOCK = 256
"""Movies of the tail that a core solves at a time: 4 MB of systems, and 8 MB of counts for the largest head."""


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
    columns, of_head = user_items.tocsc(), user_items[:, head]
    is_tail = np.ones(user_items.shape[1], bool)
    is_tail[head] = False
    tail = np.flatnonzero(is_tail & (np.diff(columns.indptr) > 0))

    def columns_of(block: slice) -> tuple[NDArray[np.int64], Floats]:
        together = (columns[:, tail[block]].T @ of_head).toarray()
        return _ridges(together, gram, regularization)

    found = in_blocks(columns_of, len(tail), BLOCK)
    rows = np.concatenate([np.zeros(0, np.int64), *(support.ravel() for support, _ in found)])
    weights = np.concatenate([np.zeros(0, np.float32), *(each.ravel() for _, each in found)])
    of = np.repeat(tail, len(rows) // max(len(tail), 1))
    result = sp.csr_matrix((weights, (rows, of)), (len(head), len(is_tail)))
    result.eliminate_zeros()
    return result


def _ridges(together: Floats, gram: Floats, regularization: float) -> tuple[NDArray[np.int64], Floats]:
    """The supports of some movies and their weights, both of shape (n, n_support).

    Args:
        together: how often each was liked with every movie of the head, shape (n, n_head).
        gram: co-occurrences of the head, without λ, shape (n_head, n_head).
        regularization: λ.
    """
    scale = 1 / np.sqrt(np.diagonal(gram) + np.float32(regularization))
    n_support = min(SUPPORT, len(gram))
    support = np.sort(np.argpartition(-together * scale, n_support - 1, axis=1)[:, :n_support], axis=1)
    counts = np.take_along_axis(together, support, axis=1)
    # Counted from the start of the matrix, which takes half the time of a row and a column for each.
    systems = gram.reshape(-1).take(support[:, :, None] * len(gram) + support[:, None, :])
    # Whoever was never liked with the movie says nothing: an equation of its own that has 0 as its solution.
    is_silent = counts == 0
    if is_silent.any():
        systems[is_silent[:, :, None] | is_silent[:, None, :]] = 0
    diagonal = np.arange(n_support)
    systems[:, diagonal, diagonal] += np.float32(regularization) + is_silent
    return support, np.linalg.solve(systems, counts[:, :, None])[:, :, 0]
