"""What people say of movies: taken durably, read back, and taken back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header, HTTPException, Path, Query, Request, Response

from matinee.clients.schemas.fields import MAX_BATCH, PathId
from matinee.clients.schemas.ratings import KnownRating, Rating, Ratings, StoredRatings, UserRatings
from matinee.errors import BadData
from matinee.ranking import History
from matinee.ratings.feedback.store import NewRating, StoredRating, UserFeedback
from matinee.ratings.fields import LONGEST_ID
from matinee.ratings.sources import scale_of
from matinee.serving import problems
from matinee.serving.answering.user_history import learned_history
from matinee.serving.model.catalogue import Catalogue
from matinee.serving.model.served import ServedModel
from matinee.serving.rating_scale import require_on_scale
from matinee.serving.services import Server

router = APIRouter(tags=["ratings"])


async def _within_limit(request: Request, server: Server) -> None:
    wait_s = server.writes.wait_s(request.client.host if request.client else "")
    if wait_s > 0:
        raise HTTPException(
            429, "This client has sent as much as it may in a minute.", {"Retry-After": str(ceil(wait_s))}
        )


Limited = Depends(_within_limit)
_TAKING_BACK = problems.documented(problems.NOT_AS_DESCRIBED, problems.TOO_MANY, problems.NO_DATABASE)


@router.post(
    "/v1/ratings",
    status_code=201,
    dependencies=[Limited],
    responses=problems.documented(
        problems.NOT_A_TEXT,
        {422: "A rating is not as described here, or of a movie that does not exist; nothing was stored."},
        problems.TOO_MANY,
        problems.NO_DATABASE,
    ),
)
async def rate(
    server: Server,
    ratings: Annotated[Ratings, Body()],
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=LONGEST_ID, description="Sent again, nothing is stored twice.")
    ] = None,
) -> StoredRatings:
    """Store one rating or up to 1,000, all or none. They are on the disk when this is answered."""
    scale = scale_of(server.settings)
    require_on_scale(scale, ((("body", index, "rating"), each.rating) for index, each in enumerate(ratings)))
    _require_known_movies(ratings, (await server.live.served()).catalogue)
    new = [NewRating(rating.user_id, rating.movie_id, rating.rating, rating.rated_at) for rating in ratings]
    receipt = await server.feedback.add(new, idempotency_key)
    server.metrics.observe_ratings(receipt.stored)
    return StoredRatings(stored=receipt.stored, duplicates=receipt.accepted - receipt.stored)


# Before the route of users, which would take the path as an id.
@router.delete(
    "/v1/users/{user_id:path}/ratings/{movie_id:path}", status_code=204, dependencies=[Limited], responses=_TAKING_BACK
)
async def withdraw_rating(
    server: Server, user_id: Annotated[PathId, Path()], movie_id: Annotated[PathId, Path()]
) -> Response:
    """Take back what a user said of a movie. The next answer and the next training do without it.

    There is nothing to take back of who has said nothing, so this may be sent again and again. A rating that is posted
    later counts.
    """
    await server.feedback.withdraw(user_id, movie_id, is_learned=user_id in server.slot.current.user_index)
    server.metrics.observe_withdrawal("rating")
    return Response(status_code=204)


@router.delete("/v1/users/{user_id:path}", status_code=204, dependencies=[Limited], responses=_TAKING_BACK)
async def erase_user(server: Server, user_id: Annotated[PathId, Path()]) -> Response:
    """Forget a user: all that this user rated, here and in the data set, is neither used, nor shown, nor learned from.

    This may be sent again and again. What the user rates later counts.
    """
    await server.feedback.withdraw(user_id, is_learned=user_id in server.slot.current.user_index)
    await server.shown.forget(user_id)
    server.metrics.observe_withdrawal("user")
    return Response(status_code=204)


@router.get(
    "/v1/users/{user_id:path}/ratings", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE)
)
async def ratings_of_user(
    server: Server,
    user_id: Annotated[PathId, Path()],
    limit: Annotated[int, Query(ge=1, le=MAX_BATCH)] = 100,
) -> UserRatings:
    """What the server knows of a user, newest first; empty for a new one."""
    said = await server.feedback.of_user(user_id)
    known = _known(await server.live.served(), user_id, said)
    return UserRatings(user_id=user_id, ratings=tuple(known[:limit]))


def _require_known_movies(ratings: Sequence[Rating], catalogue: Catalogue) -> None:
    """Refuse ratings of movies that do not exist, unless the catalogue is not known yet."""
    if len(catalogue) == 0:
        return
    for index, rating in enumerate(ratings):
        if catalogue.find(rating.movie_id) is None:
            raise BadData(
                f"Rating {index} is of movie {rating.movie_id!r}, which does not exist; nothing was stored.",
                "Find movies with GET /v1/movies?query=.",
            )


def _known(served: ServedModel, user_id: str, said: UserFeedback) -> list[KnownRating]:
    """Ratings that were learned from and live ones, newest first; of one movie the newer, of one time what was said."""
    learned = _learned(served, learned_history(served, user_id, said.withdrawn))
    newest = {rating.movie_id: rating for rating in learned}
    for rating in said.ratings:
        before = newest.get(rating.movie_id)
        # Models keep whole seconds. What was said after one has learned may have the very time that it has learned.
        at = rating.rated_at.replace(microsecond=0)
        if before is None or (at, rating.rating != before.rating) > (before.rated_at, False):
            newest[rating.movie_id] = _said(served, rating)
    return sorted(newest.values(), key=lambda rating: rating.rated_at, reverse=True)


def _said(served: ServedModel, rating: StoredRating) -> KnownRating:
    row = served.catalogue.find(rating.movie_id)
    return KnownRating(
        movie_id=rating.movie_id,
        title=None if row is None else served.catalogue.title(row),
        rating=rating.rating,
        rated_at=rating.rated_at,
        source="live",
    )


def _learned(served: ServedModel, history: History) -> list[KnownRating]:
    rows = zip(history.items.tolist(), history.ratings.tolist(), history.rated_at.tolist(), strict=True)
    return [
        KnownRating(
            movie_id=served.catalogue.movie_id(row),
            title=served.catalogue.title(row),
            rating=rating,
            rated_at=datetime.fromtimestamp(seconds, UTC),
            source="training",
        )
        for row, rating, seconds in rows
    ]
