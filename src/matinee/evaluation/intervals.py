"""How far the mean of differences may be from what was measured, for a comparison that is looked at once."""

import numpy as np
from numpy.typing import NDArray

N_RESAMPLES = 2000


def bootstrap_interval(differences: NDArray[np.float64], seed: int = 1) -> tuple[float, float]:
    """95 % percentile interval of the mean of paired differences (Efron, 1979), shape (n_users,)."""
    random = np.random.default_rng(seed)
    means = [differences[random.integers(len(differences), size=len(differences))].mean() for _ in range(N_RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
