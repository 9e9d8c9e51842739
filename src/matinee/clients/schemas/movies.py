"""Movies of the catalogue, and movies in a ranked list."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer, MovieStatus, Policy, RequestBody, Year
from matinee.ratings.fields import canonical_text

Score = Annotated[float, Field(description="Comparable within one list only.")]


class Movie(Answer, json_schema_extra=shown(examples.MOVIE)):
    """A movie of the catalogue."""

    movie_id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


def _in_one_form(value: str) -> str:
    canonical = canonical_text(" ".join(value.split()))
    if not canonical or not canonical.isprintable():
        raise ValueError("it is made of printable characters")
    return canonical


Title = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_in_one_form)]
GenreName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_in_one_form)]
Genres = Annotated[tuple[GenreName, ...], Field(max_length=50)]


class NewMovie(RequestBody, json_schema_extra=shown(examples.NEW_MOVIE)):
    """A movie as it is to be from now on."""

    title: Title
    year: Year | None = None
    genres: Genres = ()
    hidden: bool = False
    """Keep it out of lists and searches, and all that is known of it."""


class MovieEdit(RequestBody, json_schema_extra=shown(examples.MOVIE_EDIT)):
    """What is to be different about a movie; what is left out stays."""

    title: Title | None = None
    year: Year | None = None
    """Null takes a year away."""
    genres: Genres | None = None
    hidden: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("it says what is to change: title, year, genres or hidden")
        return self


class CatalogueMovie(Movie, json_schema_extra=shown(examples.CATALOGUE_MOVIE)):
    """A movie that was changed by hand."""

    status: MovieStatus


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
    explored: bool = False
    """Whether it is in the list because little is known of it (`MATINEE_EXPLORE`); absent where it is not."""


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
