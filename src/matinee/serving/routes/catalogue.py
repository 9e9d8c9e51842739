"""Changing the catalogue by hand: what everybody gets, so it needs the token."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from matinee.catalogue.changes import ChangedMovie, MovieStatus
from matinee.clients.schemas.fields import PathId
from matinee.clients.schemas.movies import CatalogueMovie, MovieEdit, NewMovie
from matinee.errors import NotFound
from matinee.ratings.movie_changes import Change, MovieChanges
from matinee.serving import problems
from matinee.serving.database import ask_database
from matinee.serving.routes.model import Authorized
from matinee.serving.services import Server, Services

router = APIRouter(tags=["movies"], dependencies=[Authorized])

MovieId = Annotated[PathId, Path()]
_CHANGING = problems.documented(problems.NO_TOKEN, problems.NOT_AS_DESCRIBED, problems.NO_DATABASE)
_CHANGING_ONE = {**_CHANGING, **problems.documented({404: "There is no such movie."})}
WHO = "API"


@router.put("/v1/movies/{movie_id:path}", responses={**_CHANGING, **problems.documented(problems.NOT_A_TEXT)})
async def put_movie(server: Server, movie_id: MovieId, wanted: NewMovie) -> CatalogueMovie:
    """Add a movie, or say anew what is known of one. The next answer of every worker knows it, tomorrow's model too."""
    known = await _known(server, movie_id)
    movie = ChangedMovie(movie_id, wanted.title, wanted.year, wanted.genres, _status(hidden=wanted.hidden))
    return await _record(server, "added" if known is None or known.status == "retired" else "changed", movie)


@router.patch("/v1/movies/{movie_id:path}", responses={**_CHANGING_ONE, **problems.documented(problems.NOT_A_TEXT)})
async def change_movie(server: Server, movie_id: MovieId, edit: MovieEdit) -> CatalogueMovie:
    """Rename, hide or show a movie, or change its year or genres."""
    known = await _existing(server, movie_id)
    hidden = known.status == "hidden" if edit.hidden is None else edit.hidden
    movie = ChangedMovie(
        movie_id,
        edit.title or known.title,
        edit.year if "year" in edit.model_fields_set else known.year,
        known.genres if edit.genres is None else edit.genres,
        _status(hidden=hidden),
    )
    return await _record(server, _what(known, movie), movie)


@router.delete("/v1/movies/{movie_id:path}", status_code=204, responses=_CHANGING_ONE)
async def retire_movie(server: Server, movie_id: MovieId) -> Response:
    """Retire a movie: it is in no list, search or page any more. Ratings of it still count; `PUT` brings it back."""
    known = await _existing(server, movie_id)
    retired = ChangedMovie(movie_id, known.title, known.year, known.genres, "retired")
    await _record(server, "retired", retired)
    return Response(status_code=204)


async def _known(server: Services, movie_id: str) -> ChangedMovie | None:
    """A movie as it is known now, retired ones too."""
    served = await server.live.served()
    row = served.catalogue.find(movie_id)
    if row is None:
        return server.live.changes.get(movie_id)
    entry = served.catalogue[row]
    before = server.live.changes.get(movie_id)
    status: MovieStatus = "listed" if before is None else before.status
    return ChangedMovie(movie_id, entry["title"], entry["year"], tuple(entry["genres"]), status)


async def _existing(server: Services, movie_id: str) -> ChangedMovie:
    known = await _known(server, movie_id)
    if known is None or known.status == "retired":
        raise NotFound(f"There is no movie {movie_id!r}.", "Add it with PUT.")
    return known


async def _record(server: Services, what: Change, movie: ChangedMovie) -> CatalogueMovie:
    await ask_database(lambda: MovieChanges(server.settings).record(what, movie, WHO))
    return CatalogueMovie(
        movie_id=movie.movie_id, title=movie.title, year=movie.year, genres=movie.genres, status=movie.status
    )


def _status(*, hidden: bool) -> MovieStatus:
    return "hidden" if hidden else "listed"


def _what(before: ChangedMovie, after: ChangedMovie) -> Change:
    if before.status == after.status:
        return "changed"
    return "hidden" if after.status == "hidden" else "shown"
