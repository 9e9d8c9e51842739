"""Movies of the catalogue, and movies in a ranked list."""

from typing import Annotated

from pydantic import Field

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer
from matinee.ranking import Policy

Score = Annotated[float, Field(description="Comparable within one list only.")]


class Movie(Answer, json_schema_extra=shown(examples.MOVIE)):
    """A movie of the catalogue."""

    movie_id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


class Reason(Answer, json_schema_extra=shown(examples.REASON)):
    """The movie of the user's history that adds most to the score of a recommended one, computed from the model."""

    movie_id: str
    title: str
    contribution: float
    """What it adds to the score, on the scale of the score."""
    text: str
    """The same in words: "because you rated Toy Story"."""
    user_id: str | None = None
    """Member of a group who rated it."""


class RankedMovie(Movie, json_schema_extra=shown(examples.RANKED_MOVIE)):
    """A movie in a ranked list."""

    score: Score
    reason: Reason | None = None
    """Absent where nothing that the user rated speaks for the movie, as in a list by popularity."""


class Movies(Answer, json_schema_extra=shown(examples.MOVIES)):
    """Movies, most popular first."""

    items: tuple[Movie, ...]


class SimilarMovies(Answer, json_schema_extra=shown(examples.SIMILAR_MOVIES)):
    """Movies like one movie, nearest first."""

    movie_id: str
    policy: Policy
    model_version: str | None
    run_id: str | None
    request_id: str
    items: tuple[RankedMovie, ...]
