"""What people do about movies besides rating them, and what they want to watch."""

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Response

from matinee.clients.schemas.events import Events
from matinee.clients.schemas.fields import PathId
from matinee.clients.schemas.ratings import StoredRatings
from matinee.clients.schemas.watch_lists import WatchList, WatchListEntry
from matinee.ratings.feedback.store import NewRating
from matinee.ratings.fields import LONGEST_ID
from matinee.serving import problems
from matinee.serving.answering.taking import Place, take
from matinee.serving.routes.ratings import Limited
from matinee.serving.services import Server

router = APIRouter(tags=["events"])

_LISTED = problems.documented(
    {404: "There is no such movie."}, problems.NOT_AS_DESCRIBED, problems.TOO_MANY, problems.NO_DATABASE
)


@router.post(
    "/v1/events",
    status_code=201,
    dependencies=[Limited],
    responses=problems.documented(
        problems.NOT_A_TEXT,
        {422: "An event is not as described here, or of a movie that does not exist; nothing was stored."},
        problems.TOO_MANY,
        problems.NO_DATABASE,
    ),
)
async def take_events(
    server: Server,
    events: Annotated[Events, Body()],
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=LONGEST_ID, description="Sent again, nothing is stored twice.")
    ] = None,
) -> StoredRatings:
    """Store one event or up to 1,000, all or none. They are on the disk when this is answered.

    A rating is an event with a value. `dislike` and `not_interested` hide their movie from their user at once, until
    that is taken back with `DELETE /v1/users/{user_id}/ratings/{movie_id}`, or the user rates or likes it.
    """
    new = [NewRating(each.user_id, each.movie_id, each.value, each.at, each.event) for each in events]
    return await take(server, new, idempotency_key, Place("Event", "value"))


# Before the route of users, which would take the path as an id.
@router.put(
    "/v1/users/{user_id:path}/watchlist/{movie_id:path}", status_code=204, dependencies=[Limited], responses=_LISTED
)
async def put_on_watch_list(
    server: Server, user_id: Annotated[PathId, Path()], movie_id: Annotated[PathId, Path()]
) -> Response:
    """Put a movie on a user's watch list; this may be sent again and again."""
    (await server.live.served()).catalogue.row(movie_id)
    await server.feedback.watch(user_id, movie_id, is_listed=True)
    return Response(status_code=204)


@router.delete(
    "/v1/users/{user_id:path}/watchlist/{movie_id:path}",
    status_code=204,
    dependencies=[Limited],
    responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.TOO_MANY, problems.NO_DATABASE),
)
async def take_off_watch_list(
    server: Server, user_id: Annotated[PathId, Path()], movie_id: Annotated[PathId, Path()]
) -> Response:
    """Take a movie off a user's watch list; this may be sent again and again."""
    await server.feedback.watch(user_id, movie_id, is_listed=False)
    return Response(status_code=204)


@router.get(
    "/v1/users/{user_id:path}/watchlist", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE)
)
async def watch_list(server: Server, user_id: Annotated[PathId, Path()]) -> WatchList:
    """What a user wants to watch, the newest first."""
    said, catalogue = await server.feedback.of_user(user_id), (await server.live.served()).catalogue
    items = []
    for movie_id, at in said.watch_list.items():
        row = catalogue.find(movie_id)
        title = None if row is None else catalogue.title(row)
        items.append(WatchListEntry(movie_id=movie_id, title=title, added_at=at))
    return WatchList(user_id=user_id, items=tuple(items))
