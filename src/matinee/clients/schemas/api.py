"""What the HTTP API accepts and answers: the source of its OpenAPI document.

Ids are opaque strings; numbers are accepted and read as strings. Times are ISO 8601, or seconds since 1970.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.ranking import Policy
from matinee.ratings.feedback.store import LONGEST_ID
from matinee.ratings.importing.schema import CLOCK_TOLERANCE, EARLIEST

MAX_K = 500
MAX_BATCH = 1_000


def _number_as_string(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _printable(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("an id is made of printable characters")
    return value


def _beginning(value: str) -> str:
    if not value.isprintable():
        raise ValueError("an id is made of printable characters")
    return value


def _aware(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _plausible(value: datetime) -> datetime:
    if value < EARLIEST:
        raise ValueError(f"a time before {EARLIEST:%Y-%m-%d} cannot be meant")
    if value > datetime.now(UTC) + CLOCK_TOLERANCE:
        raise ValueError("the time lies in the future")
    return value


def _as_list(value: object) -> object:
    if isinstance(value, dict):
        return value["ratings"] if value.keys() == {"ratings"} else [value]
    return value


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID),
    AfterValidator(_printable),
    BeforeValidator(_number_as_string, json_schema_input_type=str | int),
]
PathId = Annotated[Id, BeforeValidator(unquote)]
"""An id in a path, which is matched as it came (`middleware.RequestContext`): a slash in an id is `%2F`."""
Beginning = Annotated[str, StringConstraints(max_length=LONGEST_ID), AfterValidator(_beginning)]
"""What an id may begin with; empty for any."""
Stars = Annotated[float, Field(strict=True, ge=0.5, le=5, multiple_of=0.5)]
Instant = Annotated[datetime, AfterValidator(_aware), AfterValidator(_plausible)]
Year = Annotated[int, Field(ge=0, le=9999)]
Score = Annotated[float, Field(description="Comparable within one list only.")]


class Answer(BaseModel):
    """Base of everything that is answered."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())


class Question(BaseModel):
    """Base of everything that is accepted; a field that nobody reads is an error of the caller."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Movie(Answer, json_schema_extra=shown(examples.MOVIE)):
    """A movie of the catalogue."""

    movie_id: str
    title: str
    year: int | None
    genres: list[str]


class Reason(Answer, json_schema_extra=shown(examples.REASON)):
    """The movie of the user's history that adds most to the score of a recommended one, computed from the model."""

    movie_id: str
    title: str
    contribution: float
    """What it adds to the score, on the scale of the score."""
    text: str
    """The same in words: "because you rated Toy Story"."""


class RankedMovie(Movie, json_schema_extra=shown(examples.RANKED_MOVIE)):
    """A movie in a ranked list."""

    score: Score
    reason: Reason | None = None
    """Absent where nothing that the user rated speaks for the movie, as in a list by popularity."""


class Movies(Answer, json_schema_extra=shown(examples.MOVIES)):
    """Movies, most popular first."""

    items: list[Movie]


class Recommendations(Answer, json_schema_extra=shown(examples.RECOMMENDATIONS)):
    """A ranked list, and how it was made.

    `policy` is `learned` when the model knew all of the user's history, `fold_in` when the list was computed from a
    history newer than the model, `popular` when neither was possible.
    """

    user_id: str | None
    policy: Policy
    model_version: str | None
    run_id: str | None
    request_id: str
    items: list[RankedMovie]


class SimilarMovies(Answer, json_schema_extra=shown(examples.SIMILAR_MOVIES)):
    """Movies like one movie, nearest first."""

    movie_id: str
    policy: Policy
    model_version: str | None
    run_id: str | None
    request_id: str
    items: list[RankedMovie]


class HistoryEntry(Question):
    """A movie in an anonymous history; without stars it counts as liked best."""

    movie_id: Id
    rating: Stars = 5.0
    rated_at: Instant | None = None


class Session(Question, json_schema_extra=shown(examples.SESSION)):
    """An anonymous history: the newest entry is the last one, or the latest when every entry has `rated_at`."""

    history: Annotated[list[HistoryEntry], Field(max_length=MAX_BATCH)] = []
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10
    genre: str | None = None
    year_from: Year | None = None
    year_to: Year | None = None
    exclude_seen: bool = True
    reasons: bool = True


class Rating(Question, json_schema_extra=shown(examples.RATING)):
    """A rating: half to five stars, in half stars; `rated_at` is now when it is not given."""

    user_id: Id
    movie_id: Id
    rating: Stars
    rated_at: Instant | None = None


class RatingBatch(Question):
    """Several ratings in an object."""

    ratings: Annotated[list[Rating], Field(min_length=1, max_length=MAX_BATCH)]


Ratings = Annotated[
    list[Rating],
    Field(min_length=1, max_length=MAX_BATCH),
    BeforeValidator(_as_list, json_schema_input_type=Rating | list[Rating] | RatingBatch),
]
"""One rating, a list of them, or `{"ratings": [...]}`."""


class StoredRatings(Answer, json_schema_extra=shown(examples.STORED_RATINGS)):
    """What was stored, durably, when this is answered."""

    stored: int
    """Ratings that are new."""
    duplicates: int
    """Ratings that had been stored before."""


class KnownRating(Answer, json_schema_extra=shown(examples.KNOWN_RATING)):
    """A rating that the server knows of."""

    movie_id: str
    title: str | None
    """None for a movie that the served model does not know."""
    rating: float
    rated_at: datetime
    source: Literal["training", "live"]
    """`training` when the served model has learned from it, else `live`."""


class UserRatings(Answer, json_schema_extra=shown(examples.USER_RATINGS)):
    """A user's ratings, newest first, one per movie."""

    user_id: str
    ratings: list[KnownRating]


class User(Answer):
    """Somebody of whom ratings are known."""

    user_id: str
    n_ratings: int
    """Movies that the user has rated."""


class Users(Answer, json_schema_extra=shown(examples.USERS)):
    """Users, by id."""

    users: list[User]


class SwapRequest(Question, json_schema_extra=shown(examples.SWAP_REQUEST)):
    """Which version to serve."""

    version: Id | None = None
    """A registered version; default is the one with the alias `production`."""


class Swap(Answer, json_schema_extra=shown(examples.SWAP)):
    """A version that every worker serves."""

    version: str
    previous_version: str | None
    workers: int
    duration_s: float


class Model(Answer, json_schema_extra=shown(examples.MODEL)):
    """What is served; before the first model `version` is null and `policy` is `popular`."""

    name: str
    version: str | None
    run_id: str | None
    algorithm: str
    chunk_id: int | None
    data_through: datetime | None
    trained_at: datetime | None
    loaded_at: datetime
    metrics: Mapping[str, float]
    policy: Literal["learned", "popular"]


class Coverage(Answer, json_schema_extra=shown(examples.COVERAGE)):
    """How the lists since the served model was loaded spread over the catalogue."""

    model_version: str | None
    n_movies: int
    """Size of the catalogue."""
    recommended_movies_ratio: float
    """Part of it that was in a list."""


class Live(Answer, json_schema_extra=shown(examples.LIVE)):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(Answer, json_schema_extra=shown(examples.READY)):
    """Recommendations can be answered and ratings stored."""

    status: Literal["ready"] = "ready"
    policy: Literal["learned", "popular"]
    model_version: str | None
    database: Literal["reachable"] = "reachable"


class InvalidField(Answer):
    """One field of a request that cannot be accepted."""

    field: str
    message: str


class Problem(Answer, json_schema_extra=shown(examples.PROBLEM)):
    """A problem document (RFC 9457), media type `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    hint: str | None = None
    """What the reader can do about it."""
    errors: list[InvalidField] | None = None
