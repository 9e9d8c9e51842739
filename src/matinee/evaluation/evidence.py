"""Evidence that may be looked at every day: how long it has to be gathered, and what it then says.

A confidence interval holds for one look. Whoever looks daily and stops when it suits them finds an equal model "better"
far more often than the interval says. Both tools here hold for all looks together:

- `ConfidenceSequence`, for a challenger: asymptotic, so it needs a few hundred users first, and narrow.
- `harm`, for damage: a betting score that holds for any number of users, however few, and is slow to grow.

Everything is about paired differences in NDCG@10, own minus other, of one user on one day.
"""

from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Numbers = float | Values
Counts = int | NDArray[np.int64]

MIN_USERS = 200
"""Different users before whom a challenger is not looked at: the sequence is asymptotic."""

MIN_DAYS = 42
"""Days that have to pass before anything is looked at: what is true of a month need not be true of a year.

Chosen by measured error rates (`docs/gate.md`): with 14, what was better in the first crowded weeks of a data set and
worse afterwards, equal on the whole, was promoted in up to a quarter of histories.
"""

RECENT_DAYS = 30
"""Newest days that have to agree with the whole in sign, because worlds change."""

SHARPEST = 600
"""Cases at which the sequence is narrowest; before and after it is a little wider than it could be."""

FIRST_SHARE = 0.8
"""Of what a challenger may spend, the share of its first submission."""

_BETS = np.linspace(0.05, 0.95, 10)
"""Shares of the capital that are bet; the mean of several is as good as the best, but for a factor of ten."""


@dataclass(frozen=True)
class Differences:
    """Paired differences of one pair of models, one for each user and day."""

    values: Values
    """In NDCG@10, own minus other, shape (n,)."""
    users: NDArray[np.int64]
    """A number for each user, shape (n,); the same user may be there on several days."""
    days: NDArray[np.int64]
    """A rising number for each day, shape (n,)."""

    def __len__(self) -> int:
        return len(self.values)

    def through(self, day: int) -> "Differences":
        """What was known at the end of a day."""
        known = self.days <= day
        return Differences(self.values[known], self.users[known], self.days[known])

    def since(self, day: int) -> "Differences":
        """What came on a day and after it."""
        new = self.days >= day
        return Differences(self.values[new], self.users[new], self.days[new])

    @property
    def n_users(self) -> int:
        """Different users."""
        return len(np.unique(self.users))

    @property
    def span_days(self) -> int:
        """Days from the first to the last, both included; 0 without any."""
        return int(self.days.max() - self.days.min()) + 1 if len(self) else 0

    @property
    def mean(self) -> float:
        """Mean difference over all cases; 0 without any."""
        return float(self.values.mean()) if len(self) else 0.0

    @property
    def variance(self) -> float:
        """Variance of a case with that of whole users, or of whole days, in it, whichever is larger.

        `Σ_clusters (Σ_cases (d - mean))² / n`: a user who is there on ten days tells less than ten users, and a day on
        which everybody gained tells less than its people. Source: Liang & Zeger (1986), the sandwich estimator of a
        mean, times n; days, which are few at first, are corrected for their number.
        """
        n_days = len(np.unique(self.days))
        return max(self._clustered(self.users), self._clustered(self.days) * n_days / max(n_days - 1, 1))

    def _clustered(self, by: NDArray[np.int64]) -> float:
        _, number = np.unique(by, return_inverse=True)
        sums = np.bincount(number, self.values - self.mean)
        return float((sums**2).sum() / len(self))


@dataclass(frozen=True)
class ConfidenceSequence:
    """An interval for the mean difference that covers it at all looks together with probability `1 - alpha`.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central limit
    theory and asymptotic confidence sequences" (2024), theorem 2.2 (two sides) and its one-sided form in the appendix:

        mean ± σ √(2 (nρ² + 1) / (n²ρ²) · log(√(nρ² + 1) / α))            two sides
        mean - σ √(2 (nρ² + 1) / (n²ρ²) · log(1 + √(nρ² + 1) / (2α)))     lower bound alone

    with the variance of whole users or days as σ² (`Differences.variance`) and ρ such that it is narrowest at
    `SHARPEST`.
    """

    alpha: float
    """Share of histories in which it may ever be wrong."""

    @property
    def _rho_squared(self) -> float:
        """Equation 10 of the paper, in its closed form without Lambert's W."""
        twice = -2 * log(self.alpha)
        return (twice + log(twice) + 1) / SHARPEST

    def lower(self, differences: Differences) -> float:
        """Lower bound of the mean; nothing is said of the other side. At least one case."""
        return float(self.lower_of(differences.mean, len(differences), differences.variance))

    def lower_of(self, mean: Numbers, n: Counts, variance: Numbers) -> Numbers:
        """The same of so many cases with this mean and variance, or of several, of one shape."""
        return mean - self._half_width(n, variance, one_sided=True)

    def interval(self, differences: Differences) -> tuple[float, float]:
        """Lower and upper bound of the mean; at least one case."""
        half = float(self._half_width(len(differences), differences.variance, one_sided=False))
        return differences.mean - half, differences.mean + half

    def cases_needed(self, differences: Differences) -> int | None:
        """How many cases there will have been when the lower bound passes 0 if all goes on like this; None for never.

        None also when it would take more than a thousand times as many as there are.
        """
        if differences.mean <= 0:
            return None
        enough, variance = len(differences), differences.variance
        limit = 1000 * len(differences)
        while self._half_width(enough, variance, one_sided=True) >= differences.mean:
            enough = ceil(enough * 1.05)
            if enough > limit:
                return None
        return enough

    def _half_width(self, n: Counts, variance: Numbers, *, one_sided: bool) -> Numbers:
        grown = n * self._rho_squared + 1
        tail = np.log1p(np.sqrt(grown) / (2 * self.alpha)) if one_sided else np.log(np.sqrt(grown) / self.alpha)
        half: Numbers = np.sqrt(2 * variance * grown / (n * n * self._rho_squared) * tail)
        return half


def is_better(differences: Differences, alpha: float) -> bool:
    """Whether a challenger has shown that it is better: the rule of promotion.

    At least `MIN_USERS` users over `MIN_DAYS` days, a lower bound above 0 at level `alpha`, and the newest
    `RECENT_DAYS` on the same side.
    """
    if differences.n_users < MIN_USERS or differences.span_days < MIN_DAYS:
        return False
    is_above = ConfidenceSequence(alpha).lower(differences) > 0
    return is_above and differences.since(int(differences.days.max()) - RECENT_DAYS + 1).mean > 0


def level(alpha: float, n_challengers: int, submission: int = 1) -> float:
    """What one challenger may spend of the share `alpha` of wrong promotions.

    Divided evenly among those that run (Bonferroni). The first submission of one gets `FIRST_SHARE` of that, and each
    that follows, of changed parameters, that share of what is left: however often somebody tries again, all tries
    together spend no more than `alpha`.
    """
    return alpha / n_challengers * FIRST_SHARE * (1 - FIRST_SHARE) ** (submission - 1)


def harm(values: Values) -> float:
    """How much speaks for a mean below 0: the capital of somebody who bet on it, 1 at the start.

        E = mean over λ of Π (1 - λ dᵢ)

    When the mean is not below 0, E exceeds 1/α with probability at most α, at all looks together (Ville's inequality),
    for any number of users. Source: Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting"
    (2024), section 4; differences in NDCG lie in [-1, 1].

    Args:
        values: differences of independent users, shape (n,).
    """
    growth = np.log1p(-_BETS[:, None] * values).sum(axis=1)
    return float(np.exp(np.minimum(growth, 700)).mean())
