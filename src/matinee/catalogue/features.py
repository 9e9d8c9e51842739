"""Which movies are alike by what is known of them: genres, year, and words of the title."""

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.catalogue.titles import plain_title
from matinee.ranking import Content, Floats, Rows

Counts = NDArray[np.int64]

N_NEIGHBOURS = 10
"""Rated movies whose scores make that of an unrated one."""

YEARS = 8.0
"""Years between two movies after which their likeness by year has fallen to 1/e."""

GENRE_WEIGHT, TITLE_WEIGHT, YEAR_WEIGHT = 1.0, 1.0, 2.0
"""Chosen on a tenth of the movies of ml-100k (`docs/models.md`)."""

N_RATINGS = 10
"""Ratings from which a movie stands for others; of fewer, its own score says little."""

AT_ONCE = 256
"""Unrated movies that are compared at a time."""

_WORD = re.compile(r"\w{2,}")


def content_of(movies: pl.DataFrame, n_ratings: Counts, rows: Sequence[int] | None = None) -> Content:
    """What to score unrated movies by; without weights where no movie is rated.

    Likeness is a weighted sum of three cosines or kernels: of genres and of title words (both weighed by how rare they
    are, `log(n / n_with)`), and exp(-|years between| / YEARS).

    Args:
        movies: `title, year, genres` in matrix order.
        n_ratings: of each movie, shape (n_movies,).
        rows: those to be scored; all that are not rated by default.
    """
    unrated = np.flatnonzero(n_ratings == 0) if rows is None else np.asarray(rows, np.int64)
    often = np.flatnonzero(n_ratings >= N_RATINGS)
    rated = often if len(often) >= N_NEIGHBOURS else np.flatnonzero(n_ratings)
    alike = _Likeness(movies)
    n = min(N_NEIGHBOURS, len(rated))
    neighbours, weights = np.empty((len(unrated), n), np.int64), np.empty((len(unrated), n), np.float32)
    for start in range(0, len(unrated), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        likeness = alike.of(unrated[part], rated)
        best = np.argpartition(-likeness, max(n - 1, 0), axis=1)[:, :n] if n else np.empty((len(likeness), 0), np.int64)
        values = np.take_along_axis(likeness, best, axis=1)
        neighbours[part] = rated[best]
        weights[part] = values / np.maximum(values.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return Content(unrated, neighbours, weights)


class _Likeness:
    """Likeness of movies to each other."""

    def __init__(self, movies: pl.DataFrame) -> None:
        self._genres = _Terms(movies["genres"].to_list())
        self._words = _Terms([_WORD.findall(plain_title(title)) for title in movies["title"].to_list()])
        self._years = movies["year"].cast(pl.Float32).fill_null(float("nan")).to_numpy()

    def of(self, rows: Rows, others: Rows) -> Floats:
        """Likeness of each of `rows` to each of `others`, shape (n_rows, n_others)."""
        apart = np.abs(self._years[rows][:, None] - self._years[others])
        years = np.nan_to_num(np.exp(-apart / YEARS), nan=0.0)
        named = GENRE_WEIGHT * self._genres.cosines(rows) + TITLE_WEIGHT * self._words.cosines(rows)
        likeness: Floats = (named[:, others] + YEAR_WEIGHT * years).astype(np.float32)
        return likeness


class _Terms:
    """Movies by terms, each weighed by how rare it is; movies of one term find each other through it."""

    def __init__(self, terms: list[list[str]]) -> None:
        numbers: dict[str, int] = {}
        # A movie's terms, and a term's movies, are each a slice of all of them.
        of_movies = [sorted({numbers.setdefault(term, len(numbers)) for term in each}) for each in terms]
        counts = np.fromiter(map(len, of_movies), np.int64, len(terms))
        movies = np.repeat(np.arange(len(terms)), counts)
        self._terms = np.fromiter(chain.from_iterable(of_movies), np.int64, counts.sum())
        self._ends = np.cumsum(counts)
        n_with = np.bincount(self._terms, minlength=len(numbers))
        self._movies = movies[np.argsort(self._terms, kind="stable")]
        self._movie_ends = np.cumsum(n_with)
        self._squares = np.log(len(terms) / n_with) ** 2
        self._lengths = np.sqrt(np.bincount(movies, self._squares[self._terms], len(terms)))

    def cosines(self, rows: Rows) -> Floats:
        """Cosine of each of `rows` with every movie, shape (n_rows, n_movies)."""
        products = np.zeros((len(rows), len(self._ends)), np.float32)
        for place, row in enumerate(rows.tolist()):
            for term in _slice(self._terms, self._ends, row).tolist():
                products[place, _slice(self._movies, self._movie_ends, term)] += self._squares[term]
        lengths = self._lengths[rows][:, None] * self._lengths
        cosines: Floats = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        return cosines


def _slice(values: Counts, ends: Counts, place: int) -> Counts:
    return values[ends[place - 1] if place else 0 : ends[place]]
