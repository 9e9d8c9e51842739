"""matinee: a movie recommender that retrains itself every day."""

__version__ = "0.1.0"
