"""Finding users by the beginning of their id."""

from typing import Annotated

from fastapi import APIRouter, Query

from matinee.clients.schemas.fields import IdPrefix
from matinee.clients.schemas.users import User, Users
from matinee.serving import problems
from matinee.serving.answering.user_history import n_known_ratings
from matinee.serving.services import Server, Services

router = APIRouter(tags=["users"])


@router.get("/v1/users", responses=problems.documented(problems.NOT_AS_DESCRIBED, problems.NO_DATABASE))
async def users(
    server: Server,
    query: Annotated[IdPrefix, Query(description="What the ids begin with.")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Users:
    """Users of whom a rating is known, from training or from a moment ago, by id."""
    return Users(users=tuple(await _known(server, query, limit)))


async def _known(server: Services, query: str, limit: int) -> list[User]:
    """The first `limit` users of whom something is known; of whoever took everything back nothing is any more."""
    served, found = server.slot.current, list[User]()
    n_before, n = 0, limit
    while True:
        live = await server.feedback.users(query, n)
        candidates = sorted({*served.user_index.starting_with(query, n), *live})[:n]
        for user_id in candidates[n_before:]:
            n_ratings = n_known_ratings(served, user_id, await server.feedback.of_user(user_id))
            if n_ratings > 0:
                found.append(User(user_id=user_id, n_ratings=n_ratings))
            if len(found) == limit:
                return found
        if len(candidates) < n:
            return found
        n_before, n = n, 2 * n
