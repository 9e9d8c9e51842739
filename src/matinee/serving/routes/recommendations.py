"""Lists of movies for people: known, new, or without a name."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from matinee.clients.schemas.fields import PathId
from matinee.clients.schemas.recommendations import HistoryEntry, Recommendations, Session
from matinee.ranking import ListRequest, Ranking, UserRef
from matinee.ratings.feedback.store import UserFeedback
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.serving import problems
from matinee.serving.answering.entries import body_of, entry_of, made_with
from matinee.serving.answering.exploring import explore
from matinee.serving.answering.impressions import Impression
from matinee.serving.answering.lists_of_users import ListsOfUsers
from matinee.serving.answering.paging import EPOCH, AsOf, Place, page
from matinee.serving.answering.query_strings import AskedList
from matinee.serving.answering.response_cache import CacheEntry, ListOfUser
from matinee.serving.model.reason_words import BECAUSE, ReasonWords
from matinee.serving.model.served import ServedModel
from matinee.serving.rating_scale import require_on_scale
from matinee.serving.routes.list_parameters import ListQuery, NotShownDays, PageCursor, Wanted, wanted_of
from matinee.serving.services import Server, Services

BAD_LIST: Mapping[int, str] = {400: "No movie has one of these genres, or the cursor is of another list."}
_USER_ID: TypeAdapter[str] = TypeAdapter(PathId)


class _OwnParameters(APIRoute):
    """A route whose parameters are read in one step where they are valid, or not at all where they were read before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI handles a request, which says what is wrong with one, or faster."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            server: Services = request.app.state.services
            try:
                user_id = _USER_ID.validate_python(request.path_params["user_id"])
            except ValidationError:
                return await handle(request)
            query_string: bytes = request.scope["query_string"]
            asked = server.query_strings.find(query_string)
            if asked is None:
                query = ListQuery.read(query_string)
                if query is None:
                    return await handle(request)
                asked = AskedList(wanted_of(query), query.cursor, query.not_shown_days)
                server.query_strings.remember(query_string, asked)
            return await _answered(request, server, user_id, asked)

        return answer


router = APIRouter(tags=["recommendations"])
_of_users = APIRouter(route_class=_OwnParameters)


@_of_users.get(
    "/v1/users/{user_id:path}/recommendations",
    response_model=Recommendations,
    responses=problems.documented(BAD_LIST, problems.NO_LONGER_VALID, problems.NOT_AS_DESCRIBED, problems.NO_DATABASE),
)
async def recommend_to_user(
    request: Request,
    server: Server,
    user_id: Annotated[PathId, Path()],
    wanted: Wanted,
    cursor: PageCursor = None,
    not_shown_days: NotShownDays = None,
) -> Response:
    """Best movies for a user, known or new; what was rated or taken back a moment ago is already counted."""
    return await _answered(request, server, user_id, AskedList(wanted, cursor, not_shown_days))


router.include_router(_of_users)


async def _answered(request: Request, server: Services, user_id: str, asked: AskedList) -> Response:
    if asked.cursor is None and asked.not_shown_days is None:
        return await _recommended(request, server, user_id, asked.wanted)
    lists = ListsOfUsers((user_id,), asked.wanted._replace(k=0), asked.not_shown_days, None)
    return await list_of_users(request, server, lists, asked.wanted.k, asked.cursor)


async def _recommended(request: Request, server: Services, user_id: str, wanted: ListRequest) -> Response:
    # The movies of a watch list are known to nobody else; any other list can be made of the model alone.
    read = server.feedback.for_list if wanted.filters.watch_list == "include" else server.feedback.of_user
    said, now = await read(user_id), await server.clock.hour()
    served = await server.live.served()
    key = ListOfUser(user_id, wanted, now)
    entry = server.responses.get(key, served, said)
    if entry is None:
        entry = await made_with(server.batcher, served, key, said, server.settings.explore)
        server.responses.keep(key, served, entry)
    return _answer(request, server, served, entry, user_id)


async def list_of_users(
    request: Request, server: Services, lists: ListsOfUsers, k: int, cursor: str | None
) -> Response:
    """A list, or a page of one, of one or several users."""
    found = await page(server, lists.asked, k, cursor or "", partial(lists.make, server))
    ranking = await lists.visible(server, found.served, found.ranking) if cursor else found.ranking
    words = ReasonWords(lists.wanted.language)
    about: dict[str, object] = {"user_id": lists.user_ids[0]}
    if lists.aggregation is not None:
        words = ReasonWords(lists.wanted.language, lists.user_ids, lists.aggregation)
        about = {"user_id": None, "users": lists.user_ids, "aggregation": lists.aggregation}
    if cursor is not None:
        about["next_cursor"] = found.next_cursor
    entry = entry_of(found.served, UserFeedback(), ranking, about, words)
    if lists.not_shown_days is not None:
        await server.shown.note_now(lists.user_ids, entry.movie_ids)
    return _answer(request, server, found.served, entry, *lists.user_ids)


async def _page_for_session(request: Request, server: Services, session: Session, wanted: ListRequest) -> Response:
    async def make(served: ServedModel, as_of: AsOf, k: int, place: Place) -> tuple[Ranking, datetime]:
        del as_of
        listed = served.request(wanted._replace(k=k, page=place), _user(served, session, scale_of(server.settings)))
        return await server.batcher.recommend(served, listed), EPOCH

    found = await page(server, (session.history, wanted._replace(k=0)[1:]), wanted.k, session.cursor or "", make)
    about = {"user_id": None, "next_cursor": found.next_cursor}
    entry = entry_of(found.served, UserFeedback(), found.ranking, about, ReasonWords(wanted.language))
    return _answer(request, server, found.served, entry, None)


@router.post(
    "/v1/recommendations",
    response_model=Recommendations,
    responses=problems.documented(
        {400: "No movie has one of these genres, the cursor is of another list, or the body is not text."},
        problems.NO_LONGER_VALID,
        problems.NOT_AS_DESCRIBED,
    ),
)
async def recommend_to_session(request: Request, server: Server, session: Session) -> Response:
    """Best movies for an anonymous history. Movies that are not in the catalogue are ignored."""
    served, scale, wanted = await server.live.served(), scale_of(server.settings), wanted_of(session)
    given = [(("body", "history", at, "rating"), each.rating) for at, each in enumerate(session.history)]
    require_on_scale(scale, ((place, rating) for place, rating in given if rating is not None))
    if session.cursor is not None:
        return await _page_for_session(request, server, session, wanted)
    listed = served.request(wanted, _user(served, session, scale))
    ranking = await server.batcher.recommend(served, listed)
    ranking, new = await explore(server.batcher, served, listed, ranking, server.settings.explore, session.history)
    entry = entry_of(served, UserFeedback(), ranking, {"user_id": None}, ReasonWords(wanted.language), new)
    return _answer(request, server, served, entry, None)


def _user(served: ServedModel, session: Session, scale: Scale) -> UserRef:
    entries: Sequence[HistoryEntry] = session.history
    times = [entry.rated_at for entry in entries if entry.rated_at is not None]
    if len(times) == len(entries):
        entries = [entries[index] for index in sorted(range(len(entries)), key=times.__getitem__)]
    return UserRef(
        served.session([(each.movie_id, scale.highest if each.rating is None else each.rating) for each in entries])
    )


def _answer(
    request: Request, server: Services, served: ServedModel, entry: CacheEntry, *user_ids: str | None
) -> Response:
    policy, request_id = entry.policy, request.state.request_id
    request.state.policy = policy
    server.metrics.observe_list(served, policy, entry.items)
    explored = [served.catalogue.movie_id(row) for row in entry.explored.rows]
    for user_id in user_ids:
        server.impressions.note(
            Impression(
                request_id,
                user_id,
                policy,
                served.version,
                served.run_id,
                entry.movie_ids,
                explored,
                entry.explored.propensity,
            )
        )
        if user_id is not None:
            server.shown.note(user_id, entry.movie_ids)
    return Response(entry.body(request_id), media_type="application/json")


def ranked_answer(request: Request, served: ServedModel, ranking: Ranking, about: dict[str, str | None]) -> Response:
    """A ranked list as JSON: `about`, then how it was made, then its movies."""
    before_id, after_id = body_of(served, ranking, about, BECAUSE)
    body = b"".join((before_id, request.state.request_id.encode(), after_id))
    return Response(body, media_type="application/json")
