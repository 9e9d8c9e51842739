"""Lists of movies for people: known, new, or without a name."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from matinee.ranking import History, Ranking
from matinee.serving import schemas
from matinee.serving.served import ServedModel
from matinee.serving.services import Server, Services

router = APIRouter(tags=["recommendations"])

K = Annotated[int, Query(ge=1, le=schemas.MAX_K, description="Length of the list.")]
Genre = Annotated[str, Query(description="Only movies of this genre; empty for all.")]


@router.get("/v1/users/{user_id:path}/recommendations", response_model=schemas.Recommendations)
async def recommend_to_user(
    request: Request,
    server: Server,
    user_id: Annotated[schemas.Id, Path()],
    k: K = 10,
    genre: Genre = "",
    *,
    exclude_seen: Annotated[bool, Query(description="Leave out what the user has rated.")] = True,
) -> Response:
    """Best movies for a user, known or new; what was rated a moment ago is already counted."""
    ratings = await server.feedback.of_user(user_id)
    served = server.slot.current
    ranking = served.recommend(user_id, served.news(ratings), k, genre=genre, exclude_seen=exclude_seen)
    return _answer(request, server, served, ranking, user_id)


@router.post("/v1/recommendations", response_model=schemas.Recommendations)
async def recommend_to_session(request: Request, server: Server, session: schemas.Session) -> Response:
    """Best movies for an anonymous history. Movies that are not in the catalogue are ignored."""
    served = server.slot.current
    history = _history(served, session)
    ranking = served.recommend(None, history, session.k, genre=session.genre, exclude_seen=session.exclude_seen)
    return _answer(request, server, served, ranking, None)


def _history(served: ServedModel, session: schemas.Session) -> History:
    entries = session.history
    times = [entry.rated_at for entry in entries if entry.rated_at is not None]
    if len(times) == len(entries):
        entries = [entries[index] for index in sorted(range(len(entries)), key=times.__getitem__)]
    return served.session([(entry.movie_id, entry.rating) for entry in entries])


def _answer(request: Request, server: Services, served: ServedModel, ranking: Ranking, user_id: str | None) -> Response:
    request.state.policy = ranking.policy
    server.metrics.observe_list(ranking.policy)
    return ranked_answer(request, served, ranking, {"user_id": user_id})


def ranked_answer(request: Request, served: ServedModel, ranking: Ranking, about: dict[str, str | None]) -> Response:
    """A ranked list as JSON: `about`, then how it was made, then its movies."""
    rows, scores = ranking.items.tolist(), ranking.scores.tolist()
    answer = {
        **about,
        "policy": ranking.policy,
        "model_version": served.version,
        "run_id": served.run_id,
        "request_id": request.state.request_id,
        "items": [served.catalogue[row] | {"score": score} for row, score in zip(rows, scores, strict=True)],
    }
    # Bytes at once: passing through the response model would cost as much as the ranking.
    return Response(orjson.dumps(answer), media_type="application/json")
