"""All-time popularity: the baseline that every model has to beat, and the server's fallback."""

from collections.abc import Mapping
from dataclasses import dataclass

from matinee.models.base import Fitted, Interactions


@dataclass(frozen=True)
class Popular:
    """Movies by the number of users who liked them."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return {}

    def fit(self, interactions: Interactions) -> Fitted:  # noqa: ARG002  counting is done for every kind
        """See `Recommender.fit`."""
        return Fitted("popularity")
