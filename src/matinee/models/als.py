"""Alternating least squares for implicit feedback, from `implicit`.

Source: Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (2008). The scale of the
regularization matters more than the number of factors; `docs/architecture.md` tells what was tried.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from matinee.models.base import Fitted, Incumbent, Interactions
from matinee.ranking import BlendScorer, FactorScorer, Floats, Scorer


@dataclass(frozen=True)
class ALS:
    """Item factors by ALS; user factors by the server's own recency-weighted fold-in of each history."""

    factors: int = 64
    alpha: float = 5.0
    """Confidence of a liked movie against 1 of an unseen one."""
    regularization: float = 50.0
    iterations: int = 15
    warm_iterations: int = 2
    """Iterations when the factors of an incumbent are the start."""
    recency: float = 20.0
    """Ratings after which the weight of an older one has fallen to 1/e."""
    seed: int = 1

    @property
    def parameters(self) -> Mapping[str, float]:
        """See `Recommender.parameters`."""
        return asdict(self)

    def fit(self, interactions: Interactions) -> Fitted:
        """See `Recommender.fit`."""
        return self._fitted(interactions, None, self.iterations)

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """See `WarmStarting.fit_from`: a few iterations from the incumbent's factors."""
        known = _factors_of(incumbent.model.scorer)
        if known is None or known.item_factors.shape[1] != self.factors:
            return self.fit(interactions)
        user_factors = _moved(known.user_factors, incumbent.user_index, interactions.user_ids)
        item_factors = _moved(known.item_factors, incumbent.item_index, interactions.movie_ids)
        random = np.random.default_rng(self.seed)
        start = _stirred(user_factors, random), _stirred(item_factors, random)
        return self._fitted(interactions, start, self.warm_iterations)

    def _fitted(self, interactions: Interactions, start: tuple[Floats, Floats] | None, iterations: int) -> Fitted:
        scorer = self._scorer(self._item_factors(interactions, start, iterations), interactions)
        arrays = {"item_factors": scorer.item_factors, "user_factors": _user_factors(scorer, interactions)}
        scoring = {"alpha": self.alpha, "regularization": self.regularization, "recency": self.recency}
        return Fitted("factors", arrays, scoring)

    def _item_factors(self, interactions: Interactions, start: tuple[Floats, Floats] | None, iterations: int) -> Floats:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415  half a second that only a fit should pay

        # implicit's own threads and BLAS threads would fight for the cores
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                alpha=self.alpha,
                regularization=self.regularization,
                iterations=iterations,
                random_state=self.seed,
            )
            if start is not None:
                model.user_factors, model.item_factors = start
            model.fit(interactions.user_items(), show_progress=False)
        return np.ascontiguousarray(model.item_factors, np.float32)

    def _scorer(self, item_factors: Floats, interactions: Interactions) -> FactorScorer:
        return FactorScorer(
            item_factors=item_factors,
            user_factors=np.empty((0, self.factors), np.float32),
            alpha=self.alpha,
            regularization=self.regularization,
            recency=self.recency,
            positive_rating=interactions.positive_rating,
        )


def _factors_of(scorer: Scorer | None) -> FactorScorer | None:
    """The factors among what a model scores with, if there are any."""
    parts = [part for _, part in scorer.components] if isinstance(scorer, BlendScorer) else [scorer]
    return next((part for part in parts if isinstance(part, FactorScorer)), None)


def _moved(factors: Floats, index: Mapping[str, int], ids: list[str]) -> Floats:
    """Rows of `factors` in the order of `ids`; zeros for an id that is not in `index`."""
    rows = np.array([index.get(external, -1) for external in ids])
    moved: Floats = np.where(rows[:, None] >= 0, factors[rows], np.float32(0))
    return moved


def _stirred(factors: Floats, random: np.random.Generator) -> Floats:
    """Factors with noise of their own size.

    A direction that the regularization has once shrunk to zero stays zero in every further iteration, although more
    ratings could fill it by now; the noise lets it grow again.
    """
    noise = random.random(factors.shape, dtype=np.float32)
    stirred: Floats = factors + factors.std() * noise
    return stirred


def _user_factors(scorer: FactorScorer, interactions: Interactions) -> Floats:
    """Fold-in of every user's history, shape (n_users, d); zeros for a user who liked nothing."""
    factors = np.zeros((interactions.n_users, scorer.item_factors.shape[1]), np.float32)
    for user_index in range(interactions.n_users):
        factor = scorer.user_factor(interactions.histories.of(user_index))
        if factor is not None:
            factors[user_index] = factor
    return factors
