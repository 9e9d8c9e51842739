"""Alternating least squares for implicit feedback, from `implicit`.

Source: Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (2008). The scale of the
regularization matters more than the number of factors; `docs/models.md` has the figures.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from matinee.models.computation import Factorization
from matinee.models.interactions import Interactions, moments_of
from matinee.models.recommender import Fitted, Incumbent
from matinee.ranking import Floats


@dataclass(frozen=True)
class ALS:
    """Item factors by ALS; user factors by the recency-weighted fold-in of each history that `FactorScorer` defines."""

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
        return self._fitted(interactions, None)

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """See `WarmStarting.fit_from`: a few iterations from the incumbent's factors, where they are computed here."""
        known = _factors_in(incumbent.model.arrays)
        if known is None or known[0].shape[1] != self.factors:
            return self.fit(interactions)
        user_factors = _reindexed(known[0], incumbent.user_index, interactions.user_ids)
        item_factors = _reindexed(known[1], incumbent.item_index, interactions.movie_ids)
        random = np.random.default_rng(self.seed)
        return self._fitted(interactions, (_with_noise(user_factors, random), _with_noise(item_factors, random)))

    def _fitted(self, interactions: Interactions, start: tuple[Floats, Floats] | None) -> Fitted:
        problem = Factorization(
            self.factors, self.alpha, self.regularization, self.iterations, self.seed, start, self.warm_iterations
        )
        import implicit.als  # noqa: F401, PLC0415  only a BLAS that is loaded can be limited; a fit alone pays for it

        # implicit's own threads and BLAS threads would fight for the cores
        with threadpool_limits(1, "blas"):
            item_factors = interactions.computation.item_factors(problem, interactions)
            user_factors = self._folded_in(item_factors, interactions)
        scoring = {"alpha": self.alpha, "regularization": self.regularization, "recency": self.recency}
        return Fitted("factors", {"item_factors": item_factors, "user_factors": user_factors}, scoring)

    def _folded_in(self, item_factors: Floats, interactions: Interactions) -> Floats:
        """An exact step for every user, each liked movie weighed by its recency, shape (n_users, factors)."""
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415  half a second that only a fit should pay

        model = AlternatingLeastSquares(self.factors, alpha=self.alpha, regularization=self.regularization)
        model.item_factors = item_factors
        weighted = _by_recency(interactions, self.recency)
        user_factors: Floats = model.recalculate_user(np.arange(interactions.n_users), weighted)
        return user_factors


def _factors_in(arrays: Mapping[str, NDArray[Any]]) -> tuple[Floats, Floats] | None:
    """User and item factors of a model, of a component of it too (`0.factors.item_factors`); None without any."""
    found = sorted(name for name in arrays if name.rpartition(".")[2] == "item_factors")
    return (arrays[found[0].replace("item_", "user_")], arrays[found[0]]) if found else None


def _reindexed(factors: Floats, index: Mapping[str, int], ids: list[str]) -> Floats:
    """Rows of `factors` in the order of `ids`; zeros for an id that is not in `index`."""
    rows = np.array([index.get(external, -1) for external in ids])
    reindexed: Floats = np.where(rows[:, None] >= 0, factors[rows], np.float32(0))
    return reindexed


def _with_noise(factors: Floats, random: np.random.Generator) -> Floats:
    """Factors with noise of their own size.

    A direction that the regularization has once shrunk to zero stays zero in every further iteration, although more
    ratings could fill it by now; the noise lets it grow again.
    """
    noise = random.random(factors.shape, dtype=np.float32)
    noisy: Floats = factors + factors.std() * noise
    return noisy


def _by_recency(interactions: Interactions, recency: float) -> sp.csr_matrix:
    """`Interactions.user_items` with the `ranking.recency_weights` of each instead of ones, of all users at once."""
    bounds = interactions.liked_offsets
    users = np.repeat(np.arange(interactions.n_users), np.diff(bounds))
    rank = bounds[users + 1] - moments_of(users, interactions.liked_at)[1]
    data = np.exp(-rank / recency).astype(np.float32) * interactions.liked_weights
    return sp.csr_matrix((data, interactions.liked_items.copy(), bounds), (interactions.n_users, interactions.n_movies))
