"""Finding users by the beginning of their id."""

from typing import Annotated

from fastapi import APIRouter, Query

from matinee.clients.schemas.fields import IdPrefix
from matinee.clients.schemas.users import User, Users
from matinee.serving import problems
from matinee.serving.answering.user_history import n_known_ratings
from matinee.serving.services import Server

router = APIRouter(tags=["users"])


@router.get("/v1/users", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE))
async def users(
    server: Server,
    query: Annotated[IdPrefix, Query(description="What the ids begin with.")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Users:
    """Users of whom a rating is known, from training or from a moment ago, by id."""
    served = server.slot.current
    live = await server.feedback.users(query, limit)
    candidates = sorted({*served.user_index.starting_with(query, limit), *live})[:limit]
    found = [
        User(user_id=user_id, n_ratings=n_known_ratings(served, user_id, await server.feedback.of_user(user_id)))
        for user_id in candidates
    ]
    # Of whoever took everything back nothing is known any more.
    return Users(users=tuple(user for user in found if user.n_ratings > 0))
