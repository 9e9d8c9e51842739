"""A blend: what goes with a user's history, what is liked these days, and less of what everybody knows anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinee.models.als import ALS
from matinee.models.base import Fitted, Incumbent, Interactions, Recommender, learn
from matinee.models.ease import EASE
from matinee.models.next_item import NextItem
from matinee.models.popular import Popular


@dataclass(frozen=True)
class Blend:
    """Weighted sum of standardized scores; a component of weight 0 is not fitted.

    The defaults were chosen on the first chunks of ml-100k after its bootstrap; `docs/models.md` tells how.
    """

    als: float = 0.0
    ease: float = 1.0
    next_item: float = 0.5
    recent: float = 0.5
    """Weight of popularity that fades with `half_life_days`."""
    common: float = -1.0
    """Weight of the logarithm of all-time popularity; below 0 it makes room for the long tail."""
    half_life_days: float = 7.0

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    @property
    def components(self) -> Sequence[tuple[float, Recommender]]:
        """Weight and algorithm of each component in use."""
        components: list[tuple[float, Recommender]] = [
            (self.als, ALS()),
            (self.ease, EASE()),
            (self.next_item, NextItem()),
            (self.recent, Popular(self.half_life_days)),
            (self.common, _Common()),
        ]
        return [(weight, algorithm) for weight, algorithm in components if weight]

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        return blended(self.components, interactions)

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """See `WarmStarting.fit_from`."""
        return blended(self.components, interactions, incumbent)


def blended(
    components: Sequence[tuple[float, Recommender]], interactions: Interactions, incumbent: Incumbent | None = None
) -> Fitted:
    """Model of the weighted sum of the components' standardized scores, each component of any other kind."""
    arrays: dict[str, NDArray[Any]] = {}
    parameters: dict[str, float] = {}
    for position, (weight, algorithm) in enumerate(components):
        part = learn(algorithm, interactions, incumbent)
        name = f"{position}.{part.kind}"
        parameters |= {name: weight} | {f"{name}.{key}": value for key, value in part.parameters.items()}
        arrays |= {f"{name}.{key}": array for key, array in part.arrays.items()}
    return Fitted("blend", arrays, parameters)


@dataclass(frozen=True)
class _Common:
    """The logarithm of all-time popularity."""

    @property
    def parameters(self) -> Mapping[str, float]:
        return {}

    def fit(self, interactions: Interactions) -> Fitted:
        return Fitted("popularity", {"popularity": np.log1p(interactions.popularity())})
