"""All daily looks at a pair in one pass: the rule of `evidence.is_better`, from running sums instead of all cases.

Whoever asks on one day has all cases at hand. Whoever asks what each of 150 days would have said, of thousands of
histories (`matinee bench gate`), keeps sums: with S_c and n_c of each cluster c (a user, or a day) at the end of a day,

    Σ_c (Σ_cases (d - mean))²  =  Σ S_c² - 2 mean Σ S_c n_c + mean² Σ n_c²

and each case changes these three by what its own cluster held before it.
"""

import numpy as np
from numpy.typing import NDArray

from matinee.evaluation.evidence import (
    MIN_DAYS,
    MIN_USERS,
    RECENT_DAYS,
    ConfidenceSequence,
    Differences,
    Values,
)


def first_better(differences: Differences, alpha: float) -> int | None:
    """The first day at whose end `is_better` says yes, when it is asked at the end of each day; None for never."""
    order = np.argsort(differences.days, kind="stable")
    values, users = differences.values[order], differences.users[order]
    days, begins = np.unique(differences.days[order], return_index=True)
    ends = np.append(begins[1:], len(values))
    sums, n_before = _before(values, users)
    is_enough = (np.cumsum(n_before == 0)[ends - 1] >= MIN_USERS) & (days - days.min() + 1 >= MIN_DAYS)
    totals = np.cumsum(values)[ends - 1]
    by_user = _clustered(totals, ends, _running(values, sums, n_before, ends))
    by_day = _clustered(totals, ends, _of_days(totals, ends)) * _corrected(len(days))
    lower = ConfidenceSequence(alpha).lower_of(totals / ends, ends, np.maximum(by_user, by_day))
    earlier = np.searchsorted(days, days - RECENT_DAYS + 1) - 1
    recent = totals - np.where(earlier < 0, 0.0, totals[earlier])
    found = np.flatnonzero(is_enough & (lower > 0) & (recent > 0))
    return int(days[found[0]]) if len(found) else None


Sums = tuple[Values, Values, Values]
"""At the end of each day the sums over clusters of S², S n and n²."""


def _clustered(totals: Values, n: NDArray[np.int64], sums: Sums) -> Values:
    mean, (squares, products, sizes) = totals / n, sums
    return np.maximum((squares - 2 * mean * products + mean**2 * sizes) / n, 0.0)  # rounding goes below it


def _running(values: Values, sums: Values, n_before: NDArray[np.int64], ends: NDArray[np.int64]) -> Sums:
    """Of users, each of whom has `sums` and `n_before` before a case."""
    steps = (2 * sums * values + values**2, sums + values * (n_before + 1), 2.0 * n_before + 1)
    squares, products, sizes = (np.cumsum(each)[ends - 1] for each in steps)
    return squares, products, sizes


def _of_days(totals: Values, ends: NDArray[np.int64]) -> Sums:
    sums, sizes = np.diff(totals, prepend=0.0), np.diff(ends, prepend=0)
    return np.cumsum(sums**2), np.cumsum(sums * sizes), np.cumsum(sizes**2).astype(float)


def _corrected(n_days: int) -> Values:
    """See `Differences.variance`; for one day, two, three and so on."""
    number = np.arange(1, n_days + 1)
    return number / np.maximum(number - 1, 1)


def _before(values: Values, users: NDArray[np.int64]) -> tuple[Values, NDArray[np.int64]]:
    """The sum and the number of the cases of the same user before each case, both of shape (n,)."""
    order = np.argsort(users, kind="stable")
    is_first = np.diff(users[order], prepend=users[order][:1] - 1) != 0
    starts = np.maximum.accumulate(np.where(is_first, np.arange(len(users)), 0))
    running = np.concatenate([[0.0], np.cumsum(values[order])])
    sums, n_before = np.empty(len(values)), np.empty(len(values), np.int64)
    sums[order] = running[:-1] - running[starts]
    n_before[order] = np.arange(len(users)) - starts
    return sums, n_before
