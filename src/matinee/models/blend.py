"""A blend: what goes with a user's history, what is liked these days, and less of what everybody knows anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf
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
    """Weighted sum of standardized personal scores and of popularity; a component of weight 0 is not fitted.

    The defaults were chosen on chunks before those that `matinee bench quality --timeline` tests on; `docs/models.md`
    tells how.
    """

    als: float = 0.0
    ease: float = 1.0
    next_item: float = 0.5
    recent: float = 4.0
    """Weight of `Recent`."""
    common: float = -1.0
    """Weight of `Common`; below 0 it makes room for the long tail."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    @property
    def components(self) -> Sequence[tuple[float, Recommender]]:
        """Weight and algorithm of each component in use."""
        components: list[tuple[float, Recommender]] = [
            (self.als, ALS()),
            (self.ease, EASE(recency=inf)),  # tastes; what a user is after now is next_item's part
            (self.next_item, NextItem()),
            (self.recent, Recent()),
            (self.common, Common()),
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
    """Model of the weighted sum of the components' scores (`ranking.BlendScorer`), each of any other kind."""
    arrays: dict[str, NDArray[Any]] = {}
    parameters: dict[str, float] = {}
    for position, (weight, algorithm) in enumerate(components):
        part = learn(algorithm, interactions, incumbent)
        name = f"{position}.{part.kind}"
        parameters |= {name: weight} | {f"{name}.{key}": value for key, value in part.parameters.items()}
        arrays |= {f"{name}.{key}": array for key, array in part.arrays.items()}
    return Fitted("blend", arrays, parameters)


@dataclass(frozen=True)
class Recent:
    """What is liked these days: popularity that fades, as a share of the most popular movie's."""

    half_life_days: float = 7.0

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        popularity = Popular(self.half_life_days).fit(interactions).arrays["popularity"]
        return Fitted("popularity", {"popularity": popularity / max(popularity.max(), np.finfo(np.float32).tiny)})


@dataclass(frozen=True)
class Common:
    """What everybody knows anyway: the logarithm of how many users ever liked a movie.

    Rare movies are all alike to it, and one that nobody liked counts as the most common: where nothing is known of a
    movie, a low popularity is no reason to show it.
    """

    rare: float = 5.0
    """Users up to whom a movie is rare."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        popularity = interactions.popularity()
        known = np.where(popularity > 0, popularity, popularity.max())
        return Fitted("popularity", {"popularity": np.log(np.maximum(known, np.float32(self.rare)))})
