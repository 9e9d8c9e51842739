"""Changes that people make to the catalogue by hand: movies that are added, renamed, hidden or retired."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from matinee.catalogue.movies import MOVIES

MovieStatus = Literal["listed", "hidden", "retired"]
"""`hidden` movies are in no list and found by no search; `retired` ones are not shown at all. Ratings of both count."""


@dataclass(frozen=True)
class ChangedMovie:
    """A movie as somebody has last said that it is."""

    movie_id: str
    title: str
    year: int | None
    genres: tuple[str, ...]
    status: MovieStatus = "listed"


Changes = Mapping[str, ChangedMovie]
"""By id; movies that nobody has changed are not in it."""


def changed(movies: pl.DataFrame, changes: Changes) -> pl.DataFrame:
    """Movies (`MOVIES`) with what was changed; new ones, but for those that were retired again, follow at the end."""
    if not changes:
        return movies
    told = pl.DataFrame(
        [(each.movie_id, each.title, each.year, list(each.genres)) for each in changes.values()], MOVIES, orient="row"
    )
    known = movies.update(told, on="movie_id", how="left", include_nulls=True, maintain_order="left")
    kept = [each.movie_id for each in changes.values() if each.status != "retired"]
    new = told.filter(pl.col("movie_id").is_in(kept)).join(movies, on="movie_id", how="anti").sort("movie_id")
    return pl.concat([known, new])
