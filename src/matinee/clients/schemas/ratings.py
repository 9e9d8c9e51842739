"""Ratings: those that somebody sends, and those that the server knows of."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from matinee.clients.schemas import examples
from matinee.clients.schemas.events import KnownEvent
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import MAX_BATCH, Answer, Id, Instant, RequestBody, Stars


def _as_list(value: object) -> object:
    if isinstance(value, dict):
        return value["ratings"] if value.keys() == {"ratings"} else [value]
    return value


class Rating(RequestBody, json_schema_extra=shown(examples.RATING)):
    """A rating on the scale of the home (see `GET /v1/model`); `rated_at` is now when it is not given."""

    user_id: Id
    movie_id: Id
    rating: Stars
    rated_at: Instant | None = None


class RatingBatch(RequestBody):
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
    """On the scale of the home."""
    rated_at: datetime
    source: Literal["training", "live"]
    """`training` when the served model has learned from it, else `live`."""


class UserRatings(Answer, json_schema_extra=shown(examples.USER_RATINGS)):
    """A user's ratings, newest first, and other events; of each movie what counts, which is one of them."""

    user_id: str
    ratings: tuple[KnownRating, ...]
    events: tuple[KnownEvent, ...] = ()
