"""Events besides ratings: those that somebody sends, and those that the server knows of."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import MAX_BATCH, Answer, Id, Instant, RequestBody

EventName = Literal["rating", "like", "dislike", "not_interested", "watch", "purchase", "click", "view"]


def _as_list(value: object) -> object:
    if isinstance(value, dict):
        return value["events"] if value.keys() == {"events"} else [value]
    return value


class Event(RequestBody, json_schema_extra=shown(examples.EVENT)):
    """What somebody did about a movie; `at` is now when it is not given."""

    user_id: Id
    movie_id: Id
    event: EventName
    value: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None
    """Of a `rating`, on the scale of the home; of `watch` the share that was watched (0 to 1) or how often."""
    at: Instant | None = None


class EventBatch(RequestBody):
    """Several events in an object."""

    events: Annotated[list[Event], Field(min_length=1, max_length=MAX_BATCH)]


Events = Annotated[
    list[Event],
    Field(min_length=1, max_length=MAX_BATCH),
    BeforeValidator(_as_list, json_schema_input_type=Event | list[Event] | EventBatch),
]
"""One event, a list of them, or `{"events": [...]}`."""


class KnownEvent(Answer, json_schema_extra=shown(examples.KNOWN_EVENT)):
    """An event, other than a rating, that the server knows of."""

    movie_id: str
    title: str | None
    """None for a movie that the served model does not know."""
    event: EventName
    at: datetime
    source: Literal["training", "live"]
    """`training` when the served model has learned from it, else `live`."""
