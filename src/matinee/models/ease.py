"""EASE and EDLAE: the best linear item-item autoencoder, in closed form.

Sources: Steck, "Embarrassingly shallow autoencoders for sparse data" (2019); "Autoencoders that don't overfit
towards the identity" (2020).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from math import inf, isinf

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from matinee.models.affordable import head_of, tail_columns
from matinee.models.interactions import Interactions
from matinee.models.item_item import N_KEPT, N_KEPT_OF_MANY, add_gram, fitted, inverse, mirror
from matinee.models.recommender import Fitted
from matinee.ranking import Floats

N_LIKES = 1000

NOTHING = 1e-6
"""Of a like, what is none: of all users together it is little beside λ, and half of a history of decades is that."""


@dataclass(frozen=True)
class EASE:
    """Predicts each liked movie from a user's others: B = I - P / diag(P), P = (G + Λ)⁻¹, G the co-occurrences."""

    regularization: float = 300.0
    """λ, added to every movie."""
    dropout: float = 0.0
    """p of EDLAE, which adds p / (1 - p) · Gⱼⱼ, more to a popular movie; 0 is EASE."""
    recency: float = 50.0
    """Ratings after which the weight of an older one in a history has fallen to 1/e."""
    user_half_life_days: float = inf
    """Days since the newest rating of a user after which what they liked counts half; `inf` counts all alike.

    At least the time that holds the newest `N_LIKES` likes: where few people rate, a month is nobody.
    """

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        movies, weigh = head_of(interactions), self._weigh(interactions)
        (matrix,) = interactions.computation.total(partial(_co_occurrences, weigh, movies), interactions)
        is_whole = len(movies) == np.count_nonzero(interactions.popularity())
        tail = None
        if not is_whole:
            mirror(matrix)
            tail = tail_columns(weigh(interactions), movies, matrix, self.regularization)
        diagonal = np.diag_indices_from(matrix)
        matrix[diagonal] += self.regularization + self.dropout / (1 - self.dropout) * matrix[diagonal]
        weights = inverse(matrix)
        weights /= -weights[diagonal]
        weights[diagonal] = 0
        n_kept = N_KEPT if is_whole else N_KEPT_OF_MANY
        return fitted(weights, movies, interactions.n_movies, self.recency, n_kept, tail)

    def _weigh(self, interactions: Interactions) -> "_Weigh":
        """How the likes of each of these users are weighed."""
        if isinf(self.user_half_life_days):
            return partial(_weighted_likes, inf, 0.0)
        half_life_days = max(self.user_half_life_days, interactions.days_that_hold(N_LIKES))
        return partial(_weighted_likes, half_life_days, interactions.weight_scale(half_life_days))


_Weigh = Callable[[Interactions], sp.csr_matrix]


def _weighted_likes(half_life_days: float, scale: float, interactions: Interactions) -> sp.csr_matrix:
    """Likes times the root of each user's weight, which is so in their products, shape (n_users, n_movies).

    Args:
        half_life_days: see `EASE.user_half_life_days`.
        scale: `Interactions.weight_scale` of all users; 0: all weigh alike.
        interactions: of all users, or of some.
    """
    likes = interactions.user_items()
    if scale:
        weights = scale * interactions.user_decay(half_life_days)
        weights[weights < NOTHING] = 0
        likes.data *= np.repeat(np.sqrt(weights).astype(np.float32), np.diff(likes.indptr))
        likes.eliminate_zeros()
    return likes


def _co_occurrences(weigh: _Weigh, movies: NDArray[np.int64], interactions: Interactions) -> tuple[Floats]:
    """How often two of the movies were liked by one user, on and above the diagonal of shape (n, n)."""
    gram = np.zeros((len(movies), len(movies)), np.float32)
    add_gram(gram, weigh(interactions)[:, movies])
    return (gram,)
