"""Lists of movies for people: known, new, or without a name."""

from collections.abc import Callable, Coroutine, Sequence
from itertools import repeat
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from matinee.clients.schemas.fields import PathId
from matinee.clients.schemas.recommendations import HistoryEntry, Recommendations, Session
from matinee.ranking import ListRequest, Ranking, UserRef
from matinee.ratings.feedback.store import UserFeedback
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.serving import problems
from matinee.serving.answering.impressions import Impression
from matinee.serving.answering.response_cache import CacheEntry
from matinee.serving.answering.user_history import user_ref
from matinee.serving.model.served import ServedModel
from matinee.serving.rating_scale import require_on_scale
from matinee.serving.routes.list_parameters import Filtered, K, filters_of
from matinee.serving.services import Server, Services

_USER_ID: TypeAdapter[str] = TypeAdapter(PathId)


class _Known(APIRoute):
    """A route that answers a query string which was valid before without looking at its parameters again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI handles a request, or faster."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            server: Services = request.app.state.services
            wanted = server.query_strings.find(request.scope["query_string"])
            if wanted is None:
                return await handle(request)
            try:
                user_id = _USER_ID.validate_python(request.path_params["user_id"])
            except ValidationError:
                return await handle(request)
            return await _recommended(request, server, user_id, wanted)

        return answer


router = APIRouter(tags=["recommendations"])
_of_users = APIRouter(route_class=_Known)


@_of_users.get(
    "/v1/users/{user_id:path}/recommendations",
    response_model=Recommendations,
    responses=problems.documented(problems.NO_SUCH_GENRE, problems.NOT_AS_DESCRIBED, problems.NO_DATABASE),
)
async def recommend_to_user(
    request: Request,
    server: Server,
    user_id: Annotated[PathId, Path()],
    filters: Filtered,
    k: K = 10,
    *,
    exclude_seen: Annotated[bool, Query(description="Leave out what the user has rated.")] = True,
    reasons: Annotated[bool, Query(description="Tell which of the user's ratings speaks most for each movie.")] = True,
) -> Response:
    """Best movies for a user, known or new; what was rated or taken back a moment ago is already counted."""
    wanted = ListRequest(k=k, filters=filters, exclude_seen=exclude_seen, reasons=reasons)
    server.query_strings.remember(request.scope["query_string"], wanted)
    return await _recommended(request, server, user_id, wanted)


router.include_router(_of_users)


async def _recommended(request: Request, server: Services, user_id: str, wanted: ListRequest) -> Response:
    said, now = await server.feedback.of_user(user_id), await server.clock.hour()
    served = server.slot.current
    key = (user_id, wanted, now)
    entry = server.responses.get(key, served, said)
    if entry is None:
        listed = served.request(wanted, user_ref(served, user_id, said, now))
        entry = _entry(served, said, await server.batcher.recommend(served, listed), user_id)
        server.responses.keep(key, served, entry)
    return _answer(request, server, served, entry, user_id)


@router.post(
    "/v1/recommendations",
    response_model=Recommendations,
    responses=problems.documented(
        {400: "No movie has one of these genres, or the body is not text."}, problems.NOT_AS_DESCRIBED
    ),
)
async def recommend_to_session(request: Request, server: Server, session: Session) -> Response:
    """Best movies for an anonymous history. Movies that are not in the catalogue are ignored."""
    served, scale = server.slot.current, scale_of(server.settings)
    given = [(("body", "history", at, "rating"), each.rating) for at, each in enumerate(session.history)]
    require_on_scale(scale, ((place, rating) for place, rating in given if rating is not None))
    wanted = ListRequest(
        k=session.k, filters=filters_of(session), exclude_seen=session.exclude_seen, reasons=session.reasons
    )
    ranking = await server.batcher.recommend(served, served.request(wanted, _user(served, session, scale)))
    return _answer(request, server, served, _entry(served, UserFeedback(), ranking, None), None)


def _user(served: ServedModel, session: Session, scale: Scale) -> UserRef:
    entries: Sequence[HistoryEntry] = session.history
    times = [entry.rated_at for entry in entries if entry.rated_at is not None]
    if len(times) == len(entries):
        entries = [entries[index] for index in sorted(range(len(entries)), key=times.__getitem__)]
    return UserRef(
        served.session([(each.movie_id, scale.highest if each.rating is None else each.rating) for each in entries])
    )


def _entry(served: ServedModel, said: UserFeedback, ranking: Ranking, user_id: str | None) -> CacheEntry:
    before_id, after_id = _body(served, ranking, {"user_id": user_id})
    movie_ids = tuple([served.catalogue.movie_id(row) for row in ranking.items.tolist()])
    return CacheEntry(said, ranking.policy, ranking.items, movie_ids, before_id, after_id)


def _answer(
    request: Request, server: Services, served: ServedModel, entry: CacheEntry, user_id: str | None
) -> Response:
    policy, request_id = entry.policy, request.state.request_id
    request.state.policy = policy
    server.metrics.observe_list(served, policy, entry.items)
    server.impressions.note(Impression(request_id, user_id, policy, served.version, served.run_id, entry.movie_ids))
    return Response(entry.body(request_id), media_type="application/json")


def ranked_answer(request: Request, served: ServedModel, ranking: Ranking, about: dict[str, str | None]) -> Response:
    """A ranked list as JSON: `about`, then how it was made, then its movies."""
    before_id, after_id = _body(served, ranking, about)
    body = b"".join((before_id, request.state.request_id.encode(), after_id))
    return Response(body, media_type="application/json")


def _body(served: ServedModel, ranking: Ranking, about: dict[str, str | None]) -> tuple[bytes, bytes]:
    """The JSON of a ranked list before and after the id of the request."""
    rows, scores = ranking.items.tolist(), ranking.scores.tolist()
    # Bytes at once: passing through the response model, or through dictionaries, would cost as much as the ranking.
    items = [
        b"".join((served.catalogue.opened(row), b',"score":', orjson.dumps(score), served.because(reason), b"}"))
        for row, score, reason in zip(rows, scores, ranking.reasons or repeat(None), strict=False)
    ]
    made = {**about, "policy": ranking.policy, "model_version": served.version, "run_id": served.run_id}
    before_id = orjson.dumps(made)[:-1] + b',"request_id":"'
    return before_id, b'","items":[' + b",".join(items) + b"]}"
