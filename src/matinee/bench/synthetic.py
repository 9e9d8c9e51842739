"""Factors of the size of a MovieLens set that nobody has trained: random, with histories by power laws."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee import artifact
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted
from matinee.ranking import Histories

GENRES = ("Action", "Comedy", "Crime", "Documentary", "Drama", "Horror", "Romance", "Thriller")
THROUGH = datetime(2015, 4, 1, tzinfo=UTC)
YEAR_S = 365 * 86_400


@dataclass(frozen=True)
class Size:
    """How large a model is."""

    name: str
    n_users: int
    n_movies: int
    n_ratings: int
    """About so many: a movie that is drawn twice for a user counts once."""
    factors: int


SIZES = {
    size.name: size
    for size in (
        Size("small", 200, 400, 10_000, 16),
        Size("ml-100k", 943, 1_682, 100_000, 64),
        Size("ml-20m", 138_493, 26_744, 20_000_000, 64),
        Size("ml-20m-128", 138_493, 26_744, 20_000_000, 128),
        Size("large", 50_000, 150_000, 7_000_000, 64),
    )
}


def interactions(size: Size) -> Interactions:
    """Who rated what, in a model of `size`."""
    users, movies = ([str(row + 1) for row in range(n)] for n in (size.n_users, size.n_movies))
    return Interactions(users, movies, _histories(size, np.random.default_rng(0)), 4.0, THROUGH)


def write(size: Size, interactions: Interactions, folder: Path, seed: int) -> None:
    """Write an artifact of `size`, ALS by its form and other factors for each `seed`, to `folder`."""
    random = np.random.default_rng(seed)
    # ALS shrinks what is seldom rated. On ml-1m and ml-latest-small lengths grow with popularity to the power of .57 to
    # .67, and singular values fall with the root of their number.
    length = (interactions.popularity() + 1) ** 0.6
    arrays = {
        "item_factors": _factors(random, size.n_movies, size.factors) * (length / length.max())[:, None],
        "user_factors": _factors(random, size.n_users, size.factors),
    }
    parameters = {"alpha": 5.0, "regularization": 50.0, "recency": 5.0}
    fitted = Fitted("factors", arrays, parameters).complete(interactions)
    artifact.write(folder, fitted.contents("als", interactions, seed), movie_table(interactions.movie_ids, random))


def _factors(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    """Rows of length 1."""
    spectrum = np.arange(1, columns + 1, dtype=np.float32) ** -0.5
    factors = random.standard_normal((rows, columns), np.float32) * spectrum
    unit: NDArray[np.float32] = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    return unit


def _histories(size: Size, random: np.random.Generator) -> Histories:
    lengths = random.lognormal(sigma=1.2, size=size.n_users)
    lengths = np.maximum(lengths * size.n_ratings / lengths.sum(), 20).astype(np.int64)
    chances = (np.arange(size.n_movies) + 10.0) ** -1.0
    items = random.choice(size.n_movies, lengths.sum(), p=chances / chances.sum())
    users = np.repeat(np.arange(size.n_users), lengths)
    pairs = np.unique(users * size.n_movies + items)
    users = pairs // size.n_movies
    offsets = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=size.n_users))]).astype(np.int64)
    # Sorting users and random numbers as one number keeps users together: it is ten times faster than by two keys.
    in_random_order = np.argsort((users << 32) + random.integers(1 << 32, size=len(users)))
    second_of_year = np.sort((users << 32) + random.integers(YEAR_S, size=len(users))) & 0xFFFF_FFFF
    ratings = random.choice([2.0, 3.0, 4.0, 5.0], len(users), p=[0.15, 0.3, 0.35, 0.2]).astype(np.float32)
    return Histories(
        offsets=offsets,
        items=(pairs % size.n_movies)[in_random_order].astype(np.int32),
        ratings=ratings,
        rated_at=int(THROUGH.timestamp()) - YEAR_S + second_of_year,
    )


def movie_table(movie_ids: list[str], random: np.random.Generator) -> pl.DataFrame:
    """`movie_id, title, year, genres`, two genres at most."""
    genres = random.integers(len(GENRES), size=(len(movie_ids), 2))
    return pl.DataFrame(
        {
            "movie_id": movie_ids,
            "title": [f"A Film of Some Length, No. {movie_id}" for movie_id in movie_ids],
            "year": pl.Series(random.integers(1930, 2015, len(movie_ids)), dtype=pl.Int32),
            "genres": [sorted({GENRES[one], GENRES[two]}) for one, two in genres.tolist()],
        }
    )
