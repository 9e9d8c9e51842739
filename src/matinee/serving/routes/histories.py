"""Somebody's own history, as another service exported it."""

import asyncio
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import polars as pl
from fastapi import APIRouter, Request

from matinee.clients.schemas.histories import FoundHistory, FoundRating
from matinee.errors import BadData
from matinee.ratings.history.exports import ExportedHistory, read_history
from matinee.ratings.history.matching import match
from matinee.ratings.importing.contents import Kind, kind_of
from matinee.ratings.scale import Scale
from matinee.ratings.sources import scale_of
from matinee.serving import problems
from matinee.serving.routes.ratings import Limited
from matinee.serving.services import Server

router = APIRouter(tags=["ratings"])

_NOBODY = "nobody"
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file, as the service exported it: text, not packed.",
        "content": {
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary"},
                "example": "Date,Name,Year,Letterboxd URI,Rating\n2024-05-04,Star Wars,1977,https://boxd.it/x,4.5\n",
            }
        },
    }
}


@router.post(
    "/v1/history",
    dependencies=[Limited],
    openapi_extra=_FILE,
    responses=problems.documented({422: "The file is no history that is known here."}, problems.TOO_MANY),
)
async def find_history(server: Server, request: Request) -> FoundHistory:
    """Find the movies of an export of Letterboxd, IMDb, Trakt or Netflix in the catalogue, by title and year.

    Nothing is stored: send what is right with `POST /v1/ratings`.
    """
    catalogue, content = (await server.live.served()).catalogue, await request.body()
    return await asyncio.to_thread(_found, content, catalogue.movies, scale_of(server.settings))


def _found(content: bytes, movies: pl.DataFrame, scale: Scale) -> FoundHistory:
    history = _read(content)
    matched = match([history], _NOBODY, movies, scale)
    titles = dict(movies.select("movie_id", "title").iter_rows())
    return FoundHistory(
        service=history.service,
        ratings=tuple(
            FoundRating(movie_id=each.movie_id, title=titles[each.movie_id], rating=each.rating, rated_at=each.rated_at)
            for each in matched.ratings
            if each.rating is not None
        ),
        n_watched=matched.n_watched,
        not_found=tuple(matched.not_found),
        n_other=matched.n_other,
    )


def _read(content: bytes) -> ExportedHistory:
    """The history in a file, which nobody learns the name of.

    Raises:
        BadData: it is none.
    """
    with NamedTemporaryFile(prefix="matinee-history-") as file:
        file.write(content)
        file.flush()
        path = Path(file.name)
        try:
            _require_text(path)
            return read_history(path)
        except BadData as error:
            raise BadData(error.message.replace(str(path), "The file"), error.hint) from error


def _require_text(path: Path) -> None:
    """Refuse a packed file: a small one may become a huge one."""
    if kind_of(path) is not Kind.TEXT:
        raise BadData(f"{path} is packed.", "Unpack it, and send the text file that is in it.")
