"""Which movies of a catalogue pass the filters of a list."""

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.errors import UsageError
from matinee.ranking import Filters, Mask
from matinee.ratings.fields import canonical_text

NO_YEAR = -(2**31)

KEPT = 64
"""Masks that are kept, each a byte a movie: people choose the same genres and years again and again."""


class Candidates:
    """The movies of one catalogue by genre and year."""

    def __init__(self, movies: pl.DataFrame, item_index: Mapping[str, int]) -> None:
        """Take `year, genres`, one row a movie in matrix order."""
        self._item_index = item_index
        self._n_movies = len(movies)
        self._years = movies["year"].fill_null(NO_YEAR).to_numpy()
        genre_rows = _genre_rows(movies)
        self.genres = sorted(genre_rows)
        """All genres, by name."""
        self._of_genre = _genre_masks(genre_rows, len(movies))
        self._kept: dict[Filters, Mask | None] = {}

    def mask(self, filters: Filters) -> Mask | None:
        """Which movies pass, shape (n_movies,), never to be written to; None when all do.

        Genres are compared in upper or lower case alike. Movies that are not in the catalogue are no error: whoever
        names them does without them anyway.

        Raises:
            UsageError: no movie has a genre.
        """
        mask = self._of_genres_and_years(filters.without_names())
        if filters.only_movies is not None:
            chosen = np.zeros(self._n_movies, bool)
            chosen[self._rows(filters.only_movies)] = True
            mask = chosen if mask is None else chosen & mask
        if filters.without_movies:
            mask = np.ones(self._n_movies, bool) if mask is None else mask.copy()
            mask[self._rows(filters.without_movies)] = False
        return mask

    def _of_genres_and_years(self, filters: Filters) -> Mask | None:
        if filters not in self._kept:
            found = self._found(filters)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[filters] = found
        return self._kept[filters]

    def _found(self, filters: Filters) -> Mask | None:
        masks = []
        if filters.genres:
            masks.append(self._any_of(filters.genres))
        if filters.without_genres:
            masks.append(~self._any_of(filters.without_genres))
        if filters.year_from is not None or filters.year_to is not None:
            masks.append(self._years > NO_YEAR)
        if filters.year_from is not None:
            masks.append(self._years >= filters.year_from)
        if filters.year_to is not None:
            masks.append(self._years <= filters.year_to)
        return np.logical_and.reduce(masks) if masks else None

    def _any_of(self, genres: Iterable[str]) -> Mask:
        mask: Mask = np.logical_or.reduce([self._genre(genre) for genre in genres])
        return mask

    def _genre(self, genre: str) -> Mask:
        mask = self._of_genre.get(canonical_text(genre).casefold())
        if mask is None:
            raise UsageError(f"No movie has the genre {genre!r}.", f"Choose one of: {', '.join(self.genres)}.")
        return mask

    def _rows(self, movie_ids: Iterable[str]) -> list[int]:
        return [row for movie_id in movie_ids if (row := self._item_index.get(movie_id)) is not None]


def _genre_rows(movies: pl.DataFrame) -> dict[str, NDArray[np.uint32]]:
    """Matrix rows of the movies of each genre."""
    pairs = movies.select("genres").with_row_index("row").explode("genres").drop_nulls()
    return {genre: rows["row"].to_numpy() for (genre,), rows in pairs.partition_by("genres", as_dict=True).items()}


def _genre_masks(genre_rows: Mapping[str, NDArray[np.uint32]], n_movies: int) -> dict[str, Mask]:
    """Movies of each genre, in upper or lower case alike."""
    masks: dict[str, Mask] = {}
    for genre, rows in genre_rows.items():
        masks.setdefault(genre.casefold(), np.zeros(n_movies, bool))[rows] = True
    return masks
