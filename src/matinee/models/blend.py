"""A blend: item-item scores of a user's history, a recency boost, and a popularity penalty."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matinee.models import tuning
from matinee.models.als import ALS
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.next_item import NextItem
from matinee.models.popular import Popular
from matinee.models.recommender import Fitted, Incumbent, Recommender, fit, learn
from matinee.ranking import Floats


class Part(NamedTuple):
    """One algorithm of a blend."""

    weight: float
    algorithm: Recommender
    fresh_days: float = inf
    """See `ranking.Component.fresh_days`."""


class Choice(NamedTuple):
    """What the newest ratings tell."""

    regularization: float
    """λ of `EASE`."""
    recent: float
    """Weight of `Recent`."""
    common: float
    """Weight of `Common`; below 0 it makes room for the long tail."""


REGULARIZATIONS = (300.0, 1000.0)
WEIGHTS = ((0, 0), (2, 0), (2, -0.5), (4, -0.25), (4, -0.5), (4, -0.75), (4, -1), (5, -1.1), (6, -1.25))
"""Weights of `Recent` and `Common` to choose from."""

CHOICES = [Choice(each, recent, common) for each in REGULARIZATIONS for recent, common in WEIGHTS]


@dataclass(frozen=True)
class Blend:
    """Weighted sum of standardized personal scores and of popularity; a part of weight 0 is not fitted.

    The regularization and the weights of popularity are those that did best on the newest ratings (`models.tuning`),
    chosen at every fit unless they are given (`with_choices`); `docs/models.md` tells how the others were.
    """

    als: float = 0.0
    ease: float = 1.0
    next_item: float = 1.0
    fresh_days: float = 1.0
    """Days after a user's newest rating in which the weight of `next_item` falls to 1/e."""
    user_half_life_days: float = 30.0
    """See `EASE.user_half_life_days`."""
    regularization: float = 300.0
    """λ of `EASE` where too few people can be asked which choice is best."""
    recent: float = 4.0
    """Weight of `Recent` where too few can be asked."""
    common: float = -0.75
    """Weight of `Common` where too few can be asked."""
    tuning_share: float = 0.1
    """Newest share of the ratings on which all three are chosen; 0 takes those above."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    @property
    def starts_warm(self) -> bool:
        """Whether it has a part that goes on from an incumbent: only ALS does."""
        return self.als != 0

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        return blended(self.parts(self.choose(interactions)), interactions)

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """See `WarmStarting.fit_from`; the choice is made without the incumbent, which has seen what tells it."""
        return blended(self.parts(self.choose(interactions)), interactions, incumbent)

    def choices(self, interactions: Interactions) -> Mapping[str, float]:
        """See `Choosing.choices`."""
        return self.choose(interactions)._asdict()

    def with_choices(self, values: Mapping[str, float]) -> "Blend":
        """See `Choosing.with_choices`."""
        return replace(self, tuning_share=0.0, **Choice(**values)._asdict())

    def parts(self, choice: Choice) -> Sequence[Part]:
        """The algorithms in use."""
        popularity = [Part(choice.recent, Recent()), Part(choice.common, Common())]
        return [*self._personal(choice.regularization), *(part for part in popularity if part.weight)]

    def choose(self, interactions: Interactions) -> Choice:
        """The choice of the highest NDCG@10 on the newest ratings."""
        walked = tuning.steps(interactions, self.tuning_share) if self.tuning_share else []
        if sum(len(step.trials) for step in walked) < tuning.MIN_USERS:
            return Choice(self.regularization, self.recent, self.common)
        candidates, past = self._personal(*REGULARIZATIONS), walked[0].past()
        voices = [tuning.Voice(fit(part.algorithm, past).ranking_model(), part.fresh_days) for part in candidates]
        popularities = [_popularities(step.past()) for step in walked]
        weights = np.array([self._weights(choice, candidates) for choice in CHOICES], np.float32)
        return CHOICES[int(tuning.ndcg_of_weights(voices, walked, popularities, weights).mean(axis=0).argmax())]

    def _personal(self, *regularizations: float) -> Sequence[Part]:
        """The algorithms that look at a history, `EASE` with each regularization."""
        eases = [EASE(each, recency=inf, user_half_life_days=self.user_half_life_days) for each in regularizations]
        parts = [
            # Tastes of a whole history; what somebody is after in this sitting is next_item's part.
            Part(self.als, ALS(recency=inf)),
            *(Part(self.ease, ease) for ease in eases),
            Part(self.next_item, NextItem(), self.fresh_days),
        ]
        return [part for part in parts if part.weight]

    def _weights(self, choice: Choice, candidates: Sequence[Part]) -> list[float]:
        """Weights of the candidates, of `Recent` and of `Common`."""
        chosen = self._personal(choice.regularization)
        return [*(part.weight if part in chosen else 0.0 for part in candidates), choice.recent, choice.common]


def _popularities(interactions: Interactions) -> Floats:
    """`Recent` and `Common`, shape (2, n_movies)."""
    return np.stack([part.fit(interactions).arrays["popularity"] for part in (Recent(), Common())])


def blended(parts: Sequence[Part], interactions: Interactions, incumbent: Incumbent | None = None) -> Fitted:
    """Model of the weighted sum of the parts' scores (`ranking.BlendScorer`), each of any other kind."""
    arrays: dict[str, NDArray[Any]] = {}
    parameters: dict[str, float] = {"data_through": interactions.data_through.timestamp()}
    for position, part in enumerate(parts):
        fitted = learn(part.algorithm, interactions, incumbent)
        name = f"{position}.{fitted.kind}"
        parameters |= {name: part.weight, f"{name}.fresh_days": part.fresh_days}
        parameters |= {f"{name}.{key}": value for key, value in fitted.parameters.items()}
        arrays |= {f"{name}.{key}": array for key, array in fitted.arrays.items()}
    return Fitted("blend", arrays, parameters)


@dataclass(frozen=True)
class Recent:
    """The recency boost: popularity that decays with time, as a share of the most popular movie's."""

    half_life_days: float = 7.0
    """Days after which a rating counts half, at least."""
    n_likes: float = 1000.0
    """Liked ratings that the half-life holds at least: where few people rate, a week says nothing."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        half_life_days = max(self.half_life_days, interactions.days_that_hold(int(self.n_likes)))
        popularity = Popular(half_life_days).fit(interactions).arrays["popularity"]
        return Fitted("popularity", {"popularity": popularity / max(popularity.max(), np.finfo(np.float32).tiny)})


@dataclass(frozen=True)
class Common:
    """The popularity penalty: the logarithm of how many users ever liked a movie.

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
