"""The movies that a model ranks: their titles, their genres, and finding them by words."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import NamedTuple, TypedDict

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from matinee.errors import NotFound
from matinee.ranking import Filters, Floats, Mask
from matinee.serving.model.candidates import Candidates

_WORD = re.compile(r"\w+")


class MovieEntry(TypedDict):
    """A movie as it is answered."""

    movie_id: str
    title: str
    year: int | None
    genres: list[str]


LIKE_ENOUGH = 75.0
"""Likeness, in percent, from which a word of a query counts as a mistyped word of a title: one wrong letter of four."""


class Catalogue:
    """Movies in matrix order, kept as the JSON that they are answered as."""

    def __init__(
        self,
        movies: pl.DataFrame,
        item_index: Mapping[str, int],
        popularity: Floats,
        hidden: Mask | None = None,
        retired: Mask | None = None,
    ) -> None:
        """Take movies in matrix order.

        Args:
            movies: `movie_id, title, year, genres`, one row a movie.
            item_index: row of each id.
            popularity: shape (n_movies,).
            hidden: movies that are in no list and found by no search, shape (n_movies,); None for no movie.
            retired: those that are not shown at all.
        """
        self.movies = movies
        self._listed = None if hidden is None or not hidden.any() else ~hidden
        self._retired = retired
        self._lines = movies.select("movie_id", "title", "year", "genres").write_ndjson().encode()
        ends = np.flatnonzero(np.frombuffer(self._lines, np.uint8) == ord("\n"))
        # One text and where its lines end: as many objects would hold up the interpreter when they are freed.
        self._bounds = np.concatenate([np.full(1, -1), ends]).data
        self._item_index = item_index
        self._movie_ids = list(item_index)
        self._titles: list[str] = movies["title"].to_list()
        self._by_popularity = np.argsort(-popularity, kind="stable")
        self._candidates = Candidates(movies, item_index)

    def __len__(self) -> int:
        return len(self._movie_ids)

    def __getitem__(self, item_index: int) -> MovieEntry:
        """Movie of a matrix row."""
        entry: MovieEntry = orjson.loads(self.json(item_index))
        return entry

    def json(self, item_index: int) -> bytes:
        """Movie of a matrix row as a JSON object."""
        return self._lines[self._bounds[item_index] + 1 : self._bounds[item_index + 1]]

    def opened(self, item_index: int) -> bytes:
        """The same without its closing brace, to be continued by more members."""
        return self._lines[self._bounds[item_index] + 1 : self._bounds[item_index + 1] - 1]

    def movie_id(self, item_index: int) -> str:
        """Id of the movie of a matrix row."""
        return self._movie_ids[item_index]

    def title(self, item_index: int) -> str:
        """Title of the movie of a matrix row."""
        return self._titles[item_index]

    def find(self, movie_id: str) -> int | None:
        """Matrix row of a movie, if it is in the catalogue."""
        return self._item_index.get(movie_id)

    def row(self, movie_id: str) -> int:
        """Matrix row of a movie.

        Raises:
            NotFound: it is not in the catalogue.
        """
        row = self.find(movie_id)
        if row is None or (self._retired is not None and self._retired[row]):
            raise NotFound(f"There is no movie {movie_id!r}.", "Find one with GET /v1/movies?query=.")
        return row

    @property
    def genres(self) -> list[str]:
        """All genres, by name."""
        return self._candidates.genres

    def candidates(self, filters: Filters) -> Mask | None:
        """Which movies pass, shape (n_movies,), never to be written to; None when all do.

        Raises:
            UsageError: no movie has a genre.
        """
        mask = self._candidates.mask(filters)
        if mask is None or self._listed is None:
            return self._listed if mask is None else mask
        return mask & self._listed

    def search(self, query: str, limit: int, filters: Filters | None = None) -> list[MovieEntry]:
        """Movies whose title contains every word of `query`, most popular first; if none does, the likest ones.

        Raises:
            UsageError: no movie has the genre.
        """
        words = _folded(query).split()
        rows = self._by_popularity
        mask = self.candidates(filters or Filters())
        if mask is not None:
            rows = rows[mask[rows]]
        found = list(islice((row for row in rows if self._contains(row, words)), limit))
        return [self[row] for row in found or self._alike(rows, words, limit)]

    def _contains(self, row: int, words: list[str]) -> bool:
        title = self._folded_titles[row]
        return all(word in title for word in words)

    def _alike(self, rows: NDArray[np.int64], words: list[str], limit: int) -> list[int]:
        """Rows of titles that have a word like each of `words`, the most alike first, of equals the most popular."""
        if not words:
            return []
        likeness = np.minimum.reduce([self._words.likeness(word) for word in words])[rows]
        order = np.argsort(-likeness, kind="stable")[:limit]
        return [int(row) for row in rows[order[likeness[order] >= LIKE_ENOUGH]]]

    @cached_property
    def _words(self) -> "_Words":
        return _Words.of(self._folded_titles)

    @cached_property
    def _folded_titles(self) -> list[str]:
        return [_folded(title) for title in self._titles]


class _Words(NamedTuple):
    """The words of all titles, each compared once however many titles have it."""

    vocabulary: list[str]
    word: NDArray[np.int64]
    """Position in `vocabulary` of each word of each title, shape (n_words,)."""
    row: NDArray[np.int64]
    """Whose title it is of, rising, shape (n_words,)."""
    n_titles: int

    @classmethod
    def of(cls, folded_titles: list[str]) -> "_Words":
        words = [_WORD.findall(title) for title in folded_titles]
        row = np.repeat(np.arange(len(words)), [len(each) for each in words])
        vocabulary, word = np.unique([word for each in words for word in each], return_inverse=True)
        return cls(vocabulary.tolist(), word, row, len(words))

    def likeness(self, word: str) -> NDArray[np.float32]:
        """Likeness of `word` to the nearest word of each title, in percent, shape (n_titles,)."""
        best = np.zeros(self.n_titles, np.float32)
        if self.vocabulary:
            of_vocabulary = process.cdist([word], self.vocabulary, scorer=fuzz.ratio, score_cutoff=LIKE_ENOUGH)[0]
            np.maximum.at(best, self.row, of_vocabulary[self.word])
        return best


def _folded(text: str) -> str:
    """Lower case without accents: what a person types for "Léon"."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
