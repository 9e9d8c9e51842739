"""The former place of what every algorithm gets and gives; algorithms of other packages import it from here."""

from matinee.models.interactions import Interactions
from matinee.models.recommender import (
    ENTRY_POINTS,
    Fitted,
    Incumbent,
    Recommender,
    WarmStarting,
    fit,
    learn,
    recommender,
)

__all__ = [
    "ENTRY_POINTS",
    "Fitted",
    "Incumbent",
    "Interactions",
    "Recommender",
    "WarmStarting",
    "fit",
    "learn",
    "recommender",
]
