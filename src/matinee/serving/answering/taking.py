"""Ratings and other events that somebody sends: checked against this home, then stored durably."""

from collections.abc import Sequence
from typing import NamedTuple

from fastapi.exceptions import RequestValidationError

from matinee.clients.schemas.ratings import StoredRatings
from matinee.errors import BadData
from matinee.ratings.events import wrong_value
from matinee.ratings.feedback.store import NewRating
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.serving.model.catalogue import Catalogue
from matinee.serving.services import Services


class Place(NamedTuple):
    """What a route calls an event and its value, for whoever sent a wrong one."""

    what: str
    field: str


async def take(
    server: Services, events: Sequence[NewRating], idempotency_key: str | None, place: Place
) -> StoredRatings:
    """Store events, all or none; they are on the disk when this returns.

    Raises:
        RequestValidationError: a value that its event cannot have, or that is not on the scale of this home.
        BadData: a movie does not exist.
    """
    _require_values(scale_of(server.settings), events, place)
    _require_known_movies((await server.live.served()).catalogue, events, place)
    receipt = await server.feedback.add(events, idempotency_key)
    server.metrics.observe_ratings(receipt.stored)
    return StoredRatings(stored=receipt.stored, duplicates=receipt.accepted - receipt.stored)


def _require_values(scale: Scale, events: Sequence[NewRating], place: Place) -> None:
    found = [(index, wrong_value(each.event, each.rating, scale)) for index, each in enumerate(events)]
    errors = [
        {"type": "value_of_event", "loc": ("body", index, place.field), "msg": wrong} for index, wrong in found if wrong
    ]
    if errors:
        raise RequestValidationError(errors)


def _require_known_movies(catalogue: Catalogue, events: Sequence[NewRating], place: Place) -> None:
    """Refuse events of movies that do not exist, unless the catalogue is not known yet."""
    if len(catalogue) == 0:
        return
    for index, each in enumerate(events):
        if catalogue.find(each.movie_id) is None:
            raise BadData(
                f"{place.what} {index} is of movie {each.movie_id!r}, which does not exist; nothing was stored.",
                "Find movies with GET /v1/movies?query=.",
            )
