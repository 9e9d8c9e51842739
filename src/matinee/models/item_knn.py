"""Item-based nearest neighbours: the classic baseline of personal recommendation.

Source: Deshpande & Karypis, "Item-based top-N recommendation algorithms" (2004).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from matinee.models.affordable import head_of
from matinee.models.interactions import Interactions
from matinee.models.item_item import cross_product, fitted
from matinee.models.recommender import Fitted


@dataclass(frozen=True)
class ItemKNN:
    """A movie is recommended by its nearest movies: those with the same audience, by the shrunk cosine.

    A user counts by one over how many movies they liked, because whoever likes everything says little about what
    goes together. Of a catalogue that is too large, the most liked movies take part (`models.affordable`).
    """

    neighbours: int = 100
    """How many movies recommend each one."""
    shrinkage: float = 0.1
    """Added to the denominator, so that movies with few ratings are near to none."""
    recency: float = 10.0
    """Ratings after which the weight of an older one in a history has fallen to 1/e."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        movies = head_of(interactions)
        user_items = interactions.user_items()[:, movies]
        n_liked = np.maximum(user_items.sum(axis=1), 1)
        similarity = cross_product(user_items.multiply(1 / n_liked).tocsr(), user_items)
        lengths = np.sqrt(similarity.diagonal())
        similarity /= np.outer(lengths, lengths) + np.float32(self.shrinkage)
        np.fill_diagonal(similarity, 0)
        if self.neighbours < len(movies):
            similarity[similarity < np.partition(similarity, -int(self.neighbours), axis=0)[-int(self.neighbours)]] = 0
        return fitted(similarity, movies, interactions.n_movies, self.recency)
