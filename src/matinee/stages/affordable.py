"""Whether a training can be afforded here, said in seconds instead of by the kernel in the middle of it."""

from matinee.errors import CannotAfford
from matinee.memory import limit_bytes
from matinee.settings import Settings

BASE_BYTES = 600_000_000
"""What a stage takes with hardly any ratings: Python, MLflow, Polars."""

BYTES_PER_RATING = 220
"""What a stage takes for each rating at its peak, measured at 20 million (`docs/scaling.md`)."""


def require_affordable(settings: Settings, n_ratings: int) -> None:
    """Refuse what would be killed for memory.

    Args:
        settings: may say how much memory there is.
        n_ratings: to learn from.

    Raises:
        CannotAfford: it would take more than there is.
    """
    there, needed = limit_bytes(settings.memory), BASE_BYTES + BYTES_PER_RATING * n_ratings
    if needed > there:
        raise CannotAfford(
            f"To learn from {n_ratings:,} ratings takes about {needed / 1e9:.1f} GB of memory; {there / 1e9:.1f} GB are"
            " there.",
            "Use a machine with more, or fewer ratings; MATINEE_MEMORY says how many GB may be taken.",
        )
