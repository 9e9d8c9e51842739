"""EASE and EDLAE: the best linear item-item autoencoder, in closed form.

Sources: Steck, "Embarrassingly shallow autoencoders for sparse data" (2019); "Autoencoders that don't overfit
towards the identity" (2020).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from matinee.models.interactions import Interactions
from matinee.models.item_item import cross_product, fitted, inverse, liked_movies
from matinee.models.recommender import Fitted


@dataclass(frozen=True)
class EASE:
    """Predicts each liked movie from a user's others: B = I - P / diag(P), P = (G + Λ)⁻¹, G the co-occurrences."""

    regularization: float = 300.0
    """λ, added to every movie."""
    dropout: float = 0.0
    """p of EDLAE, which adds p / (1 - p) · Gⱼⱼ, more to a popular movie; 0 is EASE."""
    recency: float = 50.0
    """Ratings after which the weight of an older one in a history has fallen to 1/e."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        movies = liked_movies(interactions)
        user_items = interactions.user_items()[:, movies]
        matrix = cross_product(user_items, user_items)
        diagonal = np.diag_indices_from(matrix)
        matrix[diagonal] += self.regularization + self.dropout / (1 - self.dropout) * matrix[diagonal]
        weights = inverse(matrix)
        weights /= -weights[diagonal]
        weights[diagonal] = 0
        return fitted(weights, movies, interactions.n_movies, self.recency)
