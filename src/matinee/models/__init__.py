"""Algorithms: what they learn from, what they give, and one file for each."""

from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted, Incumbent, Recommender, WarmStarting

__all__ = ["Fitted", "Incumbent", "Interactions", "Recommender", "WarmStarting"]
