"""One list of movies for several people."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, BeforeValidator, Field

from matinee.clients.schemas.fields import MAX_GROUP, Id
from matinee.clients.schemas.recommendations import GroupRecommendations
from matinee.ranking import Aggregation
from matinee.serving import problems
from matinee.serving.answering.lists_of_users import ListsOfUsers
from matinee.serving.routes.list_parameters import NotShownDays, PageCursor, Wanted
from matinee.serving.routes.recommendations import BAD_LIST, list_of_users
from matinee.serving.services import Server

router = APIRouter(tags=["recommendations"])


def _named(values: object) -> object:
    """Ids of `users=a,b`, or of `users=a&users=b`, where an id may have a comma in it; empty ones are nobody's."""
    if not isinstance(values, list):
        return values
    several = values[0].split(",") if len(values) == 1 and isinstance(values[0], str) else values
    return [each for each in several if each != ""]


def _each_once(user_ids: list[str]) -> list[str]:
    return list(dict.fromkeys(user_ids))


Users = Annotated[
    Annotated[list[Id], Field(min_length=1, max_length=MAX_GROUP)], BeforeValidator(_named), AfterValidator(_each_once)
]


@router.get(
    "/v1/recommendations",
    response_model=GroupRecommendations,
    responses=problems.documented(BAD_LIST, problems.NO_LONGER_VALID, problems.NOT_AS_DESCRIBED, problems.NO_DATABASE),
)
async def recommend_to_users(
    request: Request,
    server: Server,
    users: Annotated[
        Users, Query(description="Up to ten: `a,b`; or the parameter several times, where an id has a comma in it.")
    ],
    wanted: Wanted,
    aggregation: Annotated[
        Aggregation, Query(description="What counts: the one whom a movie suits least, or the mean of all.")
    ] = "least_misery",
    cursor: PageCursor = None,
    not_shown_days: NotShownDays = None,
) -> Response:
    """Best movies for up to ten people together. What one of them has seen is left out; reasons tell who decided."""
    lists = ListsOfUsers(tuple(users), wanted._replace(k=0), not_shown_days, aggregation)
    return await list_of_users(request, server, lists, wanted.k, cursor)
