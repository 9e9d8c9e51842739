"""The movies that a home knows."""

from matinee.catalogue.movies import MOVIES, canonical, completed

__all__ = ["MOVIES", "canonical", "completed"]
