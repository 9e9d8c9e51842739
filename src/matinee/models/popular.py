"""Popularity: the baseline that every model has to beat, and the server's fallback."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf

import numpy as np

from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted

NEVER_ZERO = 1e-6
"""Least weight of a liked movie, so that movies without a recent rating are in order of their all-time popularity."""


@dataclass(frozen=True)
class Popular:
    """Movies by the number of users who liked them, of all time unless told otherwise."""

    half_life_days: float = inf
    """Days after which a rating counts half; `inf` lets none fade."""
    window_days: float = inf
    """Days after which a rating counts no more."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        age_days = interactions.age_days_of(interactions.liked_at)
        weights = 0.5 ** (age_days / self.half_life_days) * (age_days <= self.window_days)
        return Fitted("popularity", {"popularity": interactions.popularity(np.maximum(weights, NEVER_ZERO))})
