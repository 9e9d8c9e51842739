"""Somebody's own history from another service."""

from datetime import datetime

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class FoundRating(Answer, json_schema_extra=shown(examples.FOUND_RATING)):
    """A movie of this catalogue that a history rates, or tells was watched."""

    movie_id: str
    title: str
    rating: float
    """On the scale of the home."""
    rated_at: datetime | None
    """None where the history does not say when, or says what cannot be."""


class FoundHistory(Answer, json_schema_extra=shown(examples.FOUND_HISTORY)):
    """What a history holds; nothing of it is stored."""

    service: str
    """Whose export it is."""
    ratings: tuple[FoundRating, ...]
    n_watched: int
    """Those of `ratings` that were watched and not rated: they count as four stars of five."""
    not_found: tuple[str, ...]
    """Titles, with their years, of which none or several movies could be meant."""
    n_other: int
    """Rows that are no movies: series, episodes, people."""
