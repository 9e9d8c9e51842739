"""Lists of movies for people: known, new, or without a name."""

from collections.abc import Callable, Coroutine
from itertools import repeat
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from matinee.clients.schemas import api
from matinee.ranking import History, Ranking
from matinee.ratings.feedback.store import UserFeedback
from matinee.serving import problems
from matinee.serving.answering.impressions import Impression
from matinee.serving.answering.query_strings import Question
from matinee.serving.answering.response_cache import Given
from matinee.serving.answering.user_history import known_history
from matinee.serving.model.catalogue import Filters
from matinee.serving.model.served import ServedModel
from matinee.serving.services import Server, Services

_USER_ID: TypeAdapter[str] = TypeAdapter(api.PathId)


class _Known(APIRoute):
    """A route that answers a query string which was valid before without looking at its parameters again."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI handles a request, or faster."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            server: Services = request.app.state.services
            question = server.questions.find(request.scope["query_string"])
            if question is None:
                return await handle(request)
            try:
                user_id = _USER_ID.validate_python(request.path_params["user_id"])
            except ValidationError:
                return await handle(request)
            return await _recommended(request, server, user_id, question)

        return answer


router = APIRouter(tags=["recommendations"])
_of_users = APIRouter(route_class=_Known)

K = Annotated[int, Query(ge=1, le=api.MAX_K, description="Length of the list.")]
Genre = Annotated[str, Query(description="Only movies of this genre; empty for all.")]


async def _filters(
    genre: Genre = "",
    year_from: Annotated[api.Year | None, Query(description="Only movies of this year or later.")] = None,
    year_to: Annotated[api.Year | None, Query(description="Only movies of this year or earlier.")] = None,
) -> Filters:
    return Filters(genre, year_from, year_to)


Filtered = Annotated[Filters, Depends(_filters)]


@_of_users.get(
    "/v1/users/{user_id:path}/recommendations",
    response_model=api.Recommendations,
    responses=problems.documented(problems.NO_SUCH_GENRE, problems.NOT_AS_DESCRIBED, problems.NO_DATABASE),
)
async def recommend_to_user(
    request: Request,
    server: Server,
    user_id: Annotated[api.PathId, Path()],
    filters: Filtered,
    k: K = 10,
    *,
    exclude_seen: Annotated[bool, Query(description="Leave out what the user has rated.")] = True,
    reasons: Annotated[bool, Query(description="Tell which of the user's ratings speaks most for each movie.")] = True,
) -> Response:
    """Best movies for a user, known or new; what was rated or taken back a moment ago is already counted."""
    question = Question(filters, k, exclude_seen, reasons)
    server.questions.remember(request.scope["query_string"], question)
    return await _recommended(request, server, user_id, question)


router.include_router(_of_users)


async def _recommended(request: Request, server: Services, user_id: str, question: Question) -> Response:
    said = await server.feedback.of_user(user_id)
    served = server.slot.current
    key = (user_id, question)
    given = server.answers.get(key, served, said)
    if given is None:
        filters, k, exclude_seen, reasons = question
        user_index, news = known_history(served, user_id, said)
        asked = served.asked(user_index, news, k, filters, exclude_seen=exclude_seen, reasons=reasons)
        given = _given(served, said, await server.together.recommend(served, asked), user_id)
        server.answers.keep(key, served, given)
    return _answer(request, server, served, given, user_id)


@router.post(
    "/v1/recommendations",
    response_model=api.Recommendations,
    responses=problems.documented({400: "No movie has this genre, or the body is no text."}, problems.NOT_AS_DESCRIBED),
)
async def recommend_to_session(request: Request, server: Server, session: api.Session) -> Response:
    """Best movies for an anonymous history. Movies that are not in the catalogue are ignored."""
    served = server.slot.current
    history = _history(served, session)
    filters = Filters(session.genre, session.year_from, session.year_to)
    asked = served.asked(None, history, session.k, filters, exclude_seen=session.exclude_seen, reasons=session.reasons)
    ranking = await server.together.recommend(served, asked)
    return _answer(request, server, served, _given(served, UserFeedback(), ranking, None), None)


def _history(served: ServedModel, session: api.Session) -> History:
    entries = session.history
    times = [entry.rated_at for entry in entries if entry.rated_at is not None]
    if len(times) == len(entries):
        entries = [entries[index] for index in sorted(range(len(entries)), key=times.__getitem__)]
    return served.session([(entry.movie_id, entry.rating) for entry in entries])


def _given(served: ServedModel, said: UserFeedback, ranking: Ranking, user_id: str | None) -> Given:
    before_id, after_id = _body(served, ranking, {"user_id": user_id})
    movie_ids = tuple([served.catalogue.movie_id(row) for row in ranking.items.tolist()])
    return Given(said, ranking.policy, ranking.items, movie_ids, before_id, after_id)


def _answer(request: Request, server: Services, served: ServedModel, given: Given, user_id: str | None) -> Response:
    policy, request_id = given.policy, request.state.request_id
    request.state.policy = policy
    server.metrics.observe_list(served, policy, given.items)
    server.impressions.note(Impression(request_id, user_id, policy, served.version, served.run_id, given.movie_ids))
    return Response(given.body(request_id), media_type="application/json")


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
