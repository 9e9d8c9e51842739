"""The fields that many models share: ids, times, stars, and the bases of questions and answers.

Ids are opaque strings; numbers are accepted and read as strings. Times are ISO 8601, or seconds since 1970.
"""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from matinee.ratings.fields import (
    EARLIEST,
    LONGEST_ID,
    canonical_id,
    canonical_text,
    in_utc,
    is_printable,
    is_valid_id,
    latest_time,
)

MAX_K = 500
"""Longest list that can be asked for."""
MAX_BATCH = 1_000
"""Most ratings in one request."""
MAX_FILTER_GENRES = 50
"""Most genres that a list may be limited to, or do without."""
MAX_FILTER_MOVIES = 1_000
"""Most movies that a list may be limited to, or do without."""
MAX_CURSOR = 1_000
"""Longest cursor of a page; those that are answered have about 200 characters."""
MAX_NOT_SHOWN_DAYS = 90
"""As long as impressions are kept, unless told otherwise."""
MAX_GROUP = 10
"""Most users of a joint list."""


# Words of `ranking` and `catalogue` too, for which no client shall import numpy; a test compares them.
Policy = Literal["learned", "fold_in", "popular"]
Aggregation = Literal["average", "least_misery"]
MovieStatus = Literal["listed", "hidden", "retired"]

EXACT = 2**53
"""From here on not every whole number is a 64-bit float."""


def _integer_as_string(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number_as_string(value: object) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return _integer_as_string(value)


def _valid(value: str) -> str:
    if not is_valid_id(value):
        raise ValueError("an id is made of printable characters")
    return value


def _printable(value: str) -> str:
    canonical = canonical_text(value)
    if not is_printable(canonical):
        raise ValueError("an id is made of printable characters")
    return canonical


def _plausible(value: datetime) -> datetime:
    if value < EARLIEST:
        raise ValueError(f"a time before {EARLIEST:%Y-%m-%d} cannot be meant")
    if value > latest_time():
        raise ValueError("the time lies in the future")
    return value


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID),
    AfterValidator(canonical_id),
    AfterValidator(_valid),
    BeforeValidator(_number_as_string, json_schema_input_type=str | int),
]
"""Of a user or a movie, as people's files and programs write it."""
PathId = Annotated[Id, BeforeValidator(unquote)]
"""An id in a path, which is matched as it came (`middleware.RequestContext`): a slash in an id is `%2F`."""
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID),
    AfterValidator(_valid),
    BeforeValidator(_integer_as_string, json_schema_input_type=str | int),
]
"""Of what matinee itself has named, such as a version or a run: there is no other way to write it."""
PathName = Annotated[Name, BeforeValidator(unquote)]
"""The same in a path."""
IdPrefix = Annotated[str, StringConstraints(max_length=LONGEST_ID), AfterValidator(_printable)]
"""What an id may begin with; empty for any."""
ON_SCALE = "x-on-rating-scale"
"""Marks, in the OpenAPI document, numbers that are on the scale of the home."""
Stars = Annotated[float, Field(strict=True, allow_inf_nan=False, json_schema_extra={ON_SCALE: True})]
"""A rating; which ones there are, the home's scale says (`ratings.scale`)."""
Instant = Annotated[datetime, AfterValidator(in_utc), AfterValidator(_plausible)]
"""A time at which somebody may have rated a movie, in UTC."""
Language = Literal["en", "ko"]
"""In which reasons are told."""
Rarity = Annotated[float, Field(ge=-1, le=1)]
"""From -1, popular movies, over 0, as the model ranks, to 1, rare ones."""
Diversity = Annotated[float, Field(ge=0, le=1)]
"""From 0, as the model ranks, to 1, movies that are unlike each other."""
Year = Annotated[int, Field(ge=0, le=9999)]


class Answer(BaseModel):
    """Base of everything that is answered. A client ignores fields that it does not know: a newer server says more."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class RequestBody(BaseModel):
    """Base of everything that is accepted; a field that nobody reads is an error of the caller."""

    model_config = ConfigDict(frozen=True, extra="forbid")
