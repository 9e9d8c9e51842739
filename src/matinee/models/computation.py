"""Where the large sums of a training are computed: in this process, or on a cluster (`matinee.spark`).

Algorithms ask for two things only, and do the rest themselves: sums over users, such as co-occurrences, and the item
factors of a factorization. So what a model is, and how it is ranked and explained, does not depend on where.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from matinee.ranking import Floats

if TYPE_CHECKING:
    from matinee.models.interactions import Interactions

Statistics = Callable[["Interactions"], Sequence[Floats]]
"""Matrices whose sums over disjoint groups of users are those of all users. It may be run in another process."""


@dataclass(frozen=True)
class Factorization:
    """Implicit ALS: hyper-parameters as of `models.als.ALS`."""

    factors: int
    alpha: float
    regularization: float
    iterations: int
    seed: int
    start: tuple[Floats, Floats] | None = None
    """User and item factors to go on from."""
    warm_iterations: int = 0
    """Iterations from there."""


class Computation(Protocol):
    """How the sums over one set of interactions are computed."""

    def total(self, statistics: Statistics, interactions: "Interactions") -> Sequence[Floats]:
        """Sums of `statistics` over all users, float32."""
        ...

    def item_factors(self, problem: Factorization, interactions: "Interactions") -> Floats:
        """Item factors of the liked movies, shape (n_movies, factors), float32; zeros where nobody liked a movie."""
        ...

    def before(self, moment: int) -> "Computation":
        """The same for `Interactions.before` that moment."""
        ...


class InProcess:
    """Everything at once, by `numpy` and `implicit` in this process."""

    def total(self, statistics: Statistics, interactions: "Interactions") -> Sequence[Floats]:
        """See `Computation.total`."""
        return statistics(interactions)

    def item_factors(self, problem: Factorization, interactions: "Interactions") -> Floats:
        """See `Computation.item_factors`."""
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415  half a second that only a fit should pay

        model = AlternatingLeastSquares(
            factors=problem.factors,
            alpha=problem.alpha,
            regularization=problem.regularization,
            iterations=problem.iterations if problem.start is None else problem.warm_iterations,
            random_state=problem.seed,
        )
        if problem.start is not None:
            model.user_factors, model.item_factors = problem.start
        model.fit(interactions.user_items(), show_progress=False)
        return np.ascontiguousarray(model.item_factors, np.float32)

    def before(self, moment: int) -> "InProcess":  # noqa: ARG002  it looks at nothing but what it is given
        """See `Computation.before`."""
        return self
