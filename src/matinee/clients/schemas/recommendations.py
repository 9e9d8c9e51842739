"""Ranked lists for people, and the anonymous history that one may be asked for."""

from typing import Annotated

from pydantic import Field

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import MAX_BATCH, MAX_K, Answer, Id, Instant, RequestBody, Stars, Year
from matinee.clients.schemas.movies import RankedMovie
from matinee.ranking import Policy


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
    items: tuple[RankedMovie, ...]


class HistoryEntry(RequestBody):
    """A movie in an anonymous history; without stars it counts as liked best."""

    movie_id: Id
    rating: Stars = 5.0
    rated_at: Instant | None = None


class Session(RequestBody, json_schema_extra=shown(examples.SESSION)):
    """An anonymous history: the newest entry is the last one, or the latest when every entry has `rated_at`."""

    history: Annotated[tuple[HistoryEntry, ...], Field(max_length=MAX_BATCH)] = ()
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10
    genre: str | None = None
    year_from: Year | None = None
    year_to: Year | None = None
    exclude_seen: bool = True
    reasons: bool = True
