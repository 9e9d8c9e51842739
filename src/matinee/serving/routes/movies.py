"""The catalogue: finding movies, and movies like them."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from matinee.clients.schemas.fields import MAX_K, PathId
from matinee.clients.schemas.movies import Movie, Movies, SimilarMovies
from matinee.serving import problems
from matinee.serving.routes.list_parameters import Filtered, K
from matinee.serving.routes.recommendations import ranked_answer
from matinee.serving.services import Server

router = APIRouter(tags=["movies"])

NO_SUCH_MOVIE = {404: "There is no such movie."}
MovieId = Annotated[PathId, Path()]


@router.get(
    "/v1/movies",
    response_model=Movies,
    responses=problems.documented(problems.NO_SUCH_GENRE, problems.NOT_AS_DESCRIBED),
)
async def search_movies(
    server: Server,
    filters: Filtered,
    query: Annotated[str, Query(max_length=200, description="Words that the title contains, in any order.")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_K)] = 20,
) -> Response:
    """Movies whose title contains every word, most popular first; when there is none, typing errors are allowed."""
    found = (await server.live.served()).catalogue.search(query, limit, filters)
    return Response(orjson.dumps({"items": found}), media_type="application/json")


# Before `/v1/movies/{movie_id}`, which would take the path as an id.
@router.get(
    "/v1/movies/{movie_id:path}/similar",
    response_model=SimilarMovies,
    responses=problems.documented(NO_SUCH_MOVIE, problems.NOT_AS_DESCRIBED),
)
async def similar_movies(request: Request, server: Server, movie_id: MovieId, k: K = 10) -> Response:
    """Movies that the same people like; the most popular ones (`policy: popular`) before the first model."""
    served = await server.live.served()
    ranking = served.similar(movie_id, k)
    request.state.policy = ranking.policy
    return ranked_answer(request, served, ranking, {"movie_id": movie_id})


@router.get(
    "/v1/movies/{movie_id:path}",
    response_model=Movie,
    responses=problems.documented(NO_SUCH_MOVIE, problems.NOT_AS_DESCRIBED),
)
async def movie(server: Server, movie_id: MovieId) -> Response:
    """One movie."""
    catalogue = (await server.live.served()).catalogue
    return Response(catalogue.json(catalogue.row(movie_id)), media_type="application/json")
