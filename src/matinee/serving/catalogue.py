"""The movies that a model ranks: their titles, their genres, and finding them by words."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import TypedDict

import numpy as np
import polars as pl

from matinee.errors import NotFound, UsageError
from matinee.ranking import Floats, Mask


class MovieEntry(TypedDict):
    """A movie as it is answered."""

    movie_id: str
    title: str
    year: int | None
    genres: list[str]


class Catalogue:
    """Movies in matrix order."""

    def __init__(self, movies: pl.DataFrame, item_index: Mapping[str, int], popularity: Floats) -> None:
        """Take `movie_id, title, year, genres`, one row a movie; `popularity` has shape (n_movies,)."""
        self._entries: list[MovieEntry] = movies.select("movie_id", "title", "year", "genres").to_dicts()  # type: ignore[assignment]  # the columns are MovieEntry's
        self._item_index = item_index
        self._by_popularity = np.argsort(-popularity, kind="stable")
        self._masks = _genre_masks(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, item_index: int) -> MovieEntry:
        """Movie of a matrix row."""
        return self._entries[item_index]

    def find(self, movie_id: str) -> int | None:
        """Matrix row of a movie, if it is in the catalogue."""
        return self._item_index.get(movie_id)

    def row(self, movie_id: str) -> int:
        """Matrix row of a movie.

        Raises:
            NotFound: it is not in the catalogue.
        """
        row = self.find(movie_id)
        if row is None:
            raise NotFound(f"There is no movie {movie_id!r}.", "Find one with GET /v1/movies?query=.")
        return row

    @cached_property
    def genres(self) -> list[str]:
        """All genres, by name."""
        return sorted({genre for entry in self._entries for genre in entry["genres"]})

    def mask(self, genre: str | None) -> Mask | None:
        """Which movies have `genre`, shape (n_movies,), upper or lower case alike; None for no filter.

        Raises:
            UsageError: no movie has it.
        """
        if not genre:
            return None
        mask = self._masks.get(genre.casefold())
        if mask is None:
            raise UsageError(f"No movie has the genre {genre!r}.", f"Choose one of: {', '.join(self.genres)}.")
        return mask

    def search(self, query: str, limit: int, genre: str | None = None) -> list[MovieEntry]:
        """Movies whose title contains every word of `query`, most popular first."""
        return [self._entries[row] for row in islice(self._matches(query, genre), limit)]

    def _matches(self, query: str, genre: str | None) -> Iterator[int]:
        words = _folded(query).split()
        mask = self.mask(genre)
        for row in self._by_popularity:
            title = self._folded_titles[row]
            if (mask is None or mask[row]) and all(word in title for word in words):
                yield int(row)

    @cached_property
    def _folded_titles(self) -> list[str]:
        return [_folded(entry["title"]) for entry in self._entries]


def _folded(text: str) -> str:
    """Lower case without accents: what a person types for "Léon"."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def _genre_masks(entries: list[MovieEntry]) -> dict[str, Mask]:
    masks: dict[str, Mask] = {}
    for row, entry in enumerate(entries):
        for genre in entry["genres"]:
            masks.setdefault(genre.casefold(), np.zeros(len(entries), bool))[row] = True
    return masks
