"""What people say of movies: taken durably, and read back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query

from matinee.errors import BadData
from matinee.ratings.feedback import LONGEST_ID, NewRating, StoredRating
from matinee.serving import schemas
from matinee.serving.catalogue import Catalogue
from matinee.serving.served import ServedModel
from matinee.serving.services import Server

router = APIRouter(tags=["ratings"])


@router.post("/v1/ratings", status_code=201)
async def rate(
    server: Server,
    ratings: Annotated[schemas.Ratings, Body()],
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=LONGEST_ID, description="Sent again, nothing is stored twice.")
    ] = None,
) -> schemas.StoredRatings:
    """Store one rating or up to 1,000, all or none. They are on the disk when this is answered."""
    _require_known_movies(ratings, server.slot.current.catalogue)
    new = [NewRating(rating.user_id, rating.movie_id, rating.rating, rating.rated_at) for rating in ratings]
    receipt = await server.feedback.add(new, idempotency_key)
    server.metrics.observe_ratings(receipt.stored)
    return schemas.StoredRatings(stored=receipt.stored, duplicates=receipt.accepted - receipt.stored)


@router.get("/v1/users/{user_id:path}/ratings")
async def ratings_of_user(
    server: Server,
    user_id: Annotated[schemas.Id, Path()],
    limit: Annotated[int, Query(ge=1, le=schemas.MAX_BATCH)] = 100,
) -> schemas.UserRatings:
    """What the server knows of a user, newest first; empty for a new one."""
    live = await server.feedback.of_user(user_id)
    known = _known(server.slot.current, user_id, live)
    return schemas.UserRatings(user_id=user_id, ratings=known[:limit])


def _require_known_movies(ratings: Sequence[schemas.Rating], catalogue: Catalogue) -> None:
    """Refuse ratings of movies that do not exist, unless the catalogue is not known yet."""
    if len(catalogue) == 0:
        return
    for index, rating in enumerate(ratings):
        if catalogue.find(rating.movie_id) is None:
            raise BadData(
                f"Rating {index} is of movie {rating.movie_id!r}, which does not exist; nothing was stored.",
                "Find movies with GET /v1/movies?query=.",
            )


def _known(served: ServedModel, user_id: str, live: Sequence[StoredRating]) -> list[schemas.KnownRating]:
    """Ratings that were learned from and live ones, newest first; of one movie the newer, of equals the learned."""
    newest = {rating.movie_id: rating for rating in _learned(served, user_id)}
    for rating in live:
        before = newest.get(rating.movie_id)
        # Models keep whole seconds.
        if before is None or rating.rated_at.replace(microsecond=0) > before.rated_at:
            newest[rating.movie_id] = _said(served, rating)
    return sorted(newest.values(), key=lambda rating: rating.rated_at, reverse=True)


def _said(served: ServedModel, rating: StoredRating) -> schemas.KnownRating:
    row = served.catalogue.find(rating.movie_id)
    return schemas.KnownRating(
        movie_id=rating.movie_id,
        title=None if row is None else served.catalogue[row]["title"],
        rating=rating.rating,
        rated_at=rating.rated_at,
        source="live",
    )


def _learned(served: ServedModel, user_id: str) -> list[schemas.KnownRating]:
    history = served.model.history(served.user_index.get(user_id))
    rows = zip(history.items.tolist(), history.ratings.tolist(), history.rated_at.tolist(), strict=True)
    return [
        schemas.KnownRating(
            movie_id=served.catalogue[row]["movie_id"],
            title=served.catalogue[row]["title"],
            rating=rating,
            rated_at=datetime.fromtimestamp(seconds, UTC),
            source="training",
        )
        for row, rating, seconds in rows
    ]
