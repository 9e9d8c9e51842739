"""What people say of movies: taken durably, read back, and taken back."""

from datetime import UTC, datetime
from math import ceil
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Header, HTTPException, Path, Query, Request, Response

from matinee.clients.schemas.events import KnownEvent
from matinee.clients.schemas.fields import MAX_BATCH, PathId
from matinee.clients.schemas.ratings import KnownRating, Ratings, StoredRatings, UserRatings
from matinee.ranking import EVENTS, Events, History
from matinee.ranking.events import SAID
from matinee.ratings.feedback.store import NewRating, StoredRating, UserFeedback
from matinee.ratings.fields import LONGEST_ID
from matinee.serving import problems
from matinee.serving.answering.taking import Place, take
from matinee.serving.answering.user_history import learned_history
from matinee.serving.model.served import ServedModel
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
    new = [NewRating(rating.user_id, rating.movie_id, rating.rating, rating.rated_at) for rating in ratings]
    return await take(server, new, idempotency_key, Place("Rating", "rating"))


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
    ratings = [each for each in known if isinstance(each, KnownRating)][:limit]
    events = [each for each in known if isinstance(each, KnownEvent)][:limit]
    return UserRatings(user_id=user_id, ratings=tuple(ratings), events=tuple(events))


def _known(served: ServedModel, user_id: str, said: UserFeedback) -> list[KnownRating | KnownEvent]:
    """What was learned from and what is live, newest first; of one movie the newer, of one time what was said."""
    learned = _learned(served, learned_history(served, user_id, said.withdrawn))
    newest = {each.movie_id: each for each in learned}
    for each in said.ratings:
        known, before = _said(served, each), newest.get(each.movie_id)
        if before is None or _goes_before(known, before):
            newest[each.movie_id] = known
    return sorted(newest.values(), key=_at, reverse=True)


def _goes_before(new: KnownRating | KnownEvent, before: KnownRating | KnownEvent) -> bool:
    """Whether something live counts instead of what was learned.

    Models keep whole seconds: what was said after one has learned may have the very time that it has learned.
    """
    is_said, was_said = (_name(each) in SAID for each in (new, before))
    is_other = (_name(new), _value(new)) != (_name(before), _value(before))
    return (is_said, _at(new).replace(microsecond=0), is_other) > (was_said, _at(before), False)


def _name(known: KnownRating | KnownEvent) -> str:
    return "rating" if isinstance(known, KnownRating) else known.event


def _value(known: KnownRating | KnownEvent) -> float | None:
    return known.rating if isinstance(known, KnownRating) else None


def _at(known: KnownRating | KnownEvent) -> datetime:
    return known.rated_at if isinstance(known, KnownRating) else known.at


def _said(served: ServedModel, each: StoredRating) -> KnownRating | KnownEvent:
    row = served.catalogue.find(each.movie_id)
    title = None if row is None else served.catalogue.title(row)
    return _told(each.movie_id, title, each.event, each.rating, each.rated_at, "live")


def _learned(served: ServedModel, history: History) -> list[KnownRating | KnownEvent]:
    events = history.events or Events.ratings(len(history))
    columns = (history.items, history.ratings, history.rated_at, events.codes)
    return [
        _told(
            served.catalogue.movie_id(row),
            served.catalogue.title(row),
            EVENTS[code],
            rating,
            datetime.fromtimestamp(seconds, UTC),
            "training",
        )
        for row, rating, seconds, code in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _told(
    movie_id: str,
    title: str | None,
    event: str,
    rating: float | None,
    at: datetime,
    source: Literal["training", "live"],
) -> KnownRating | KnownEvent:
    if event == "rating" and rating is not None:
        return KnownRating(movie_id=movie_id, title=title, rating=rating, rated_at=at, source=source)
    return KnownEvent.model_validate({"movie_id": movie_id, "title": title, "event": event, "at": at, "source": source})
