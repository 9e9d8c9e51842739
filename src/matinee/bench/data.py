"""Ratings of any size that nobody gave: `matinee bench data`, for measuring what no repository can hold.

What is true of real ratings and matters to a recommender is in them, so that a learned model beats popularity:

- Movies are liked by a power law, weight 1 / (rank + 10), and so are users active: their numbers of ratings are
  lognormal (deviation 1.2 of the logarithm), at least 20 as at MovieLens.
- Taste is latent: a movie belongs to one of 24 tastes, a user spreads over a few of them (a Dirichlet of .25), and
  seven of ten choices are made inside a taste that the user has, the others by popularity alone.
- Movies are released over the years: half were there from the beginning, and one choice in five is of what came out
  in the last months, so popularity changes with time.
- People come in sittings: half of a user's ratings are given in the first, half a minute apart, the others in sittings
  that begin weeks apart, by chance.
- What comes next depends on what came last: one choice in three is a companion (a fixed handful for each movie, of the
  same taste) of the choice before.
- Stars are a movie's quality, more where the taste is the user's own, and noise, in halves from .5 to 5.

The same shape and seed give the same rows. Users are drawn in blocks, so memory is that of the rows themselves.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.errors import UsageError

ENDS_AT = datetime(2015, 4, 1, tzinfo=UTC)
YEARS = 10
DAY_S = 86_400

N_TASTES, CONCENTRATION = 24, 0.25
IN_TASTE, FROM_NEW, FROM_LAST = 0.7, 0.2, 0.35
"""Shares of choices made inside a taste of the user's, among new releases, and by the choice before."""
N_COMPANIONS = 6
NEW_DAYS = 120
"""Mean age of a new release that is chosen for being new."""
LEAST, SPREAD = 20, 1.2
"""Fewest ratings of a user, and deviation of the logarithm of their number."""
SURPLUS, SURPLUS_OF_ALL = 1.8, 14.0
"""Choices that are drawn for each rating of a user who rates hardly any movie, and how many more for one who rates all:
a movie that is drawn twice, or before its release, does not count."""
BLOCK = 4_096
"""Users drawn at a time."""

GENRES = ("Action", "Comedy", "Crime", "Documentary", "Drama", "Horror", "Romance", "Thriller")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """How much of everything."""

    n_users: int
    n_movies: int
    n_ratings: int
    """Met within some percent."""


SHAPES = {
    "ml-100k": Shape(943, 1_682, 100_000),
    "ml-1m": Shape(6_040, 3_706, 1_000_209),
    "ml-20m": Shape(138_493, 26_744, 20_000_263),
    "ml-25m": Shape(162_541, 59_047, 25_000_095),
    "ml-32m": Shape(200_948, 87_585, 32_000_204),
}
"""Users, rated movies and ratings of the MovieLens sets (Harper & Konstan, 2015, and their READMEs)."""


def shape_of(name: str) -> Shape:
    """A shape by name, or by a factor of ml-20m: so many times its users and ratings, and the root of it its movies.

    Raises:
        UsageError: it is neither.
    """
    if name in SHAPES:
        return SHAPES[name]
    try:
        factor = float(name)
    except ValueError:
        factor = 0.0
    if not 0 < factor < 100:
        raise UsageError(f"There is no shape {name!r}.", f"Use a factor such as 0.25, or one of {', '.join(SHAPES)}.")
    whole = SHAPES["ml-20m"]
    n_movies = int(whole.n_movies * factor**0.5)
    return Shape(max(30, int(whole.n_users * factor)), max(200, n_movies), max(1_000, int(whole.n_ratings * factor)))


def write(shape: Shape, folder: Path, seed: int = 0) -> tuple[Path, Path]:
    """Write `ratings.parquet` and `movies.parquet` to `folder`, as MATINEE_DATA and MATINEE_MOVIES; returns both paths.

    Returns:
        Files with `user_id, movie_id, rating, rated_at` in the order of time, and `movie_id, title, genres`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ratings, movies = folder / "ratings.parquet", folder / "movies.parquet"
    world = _World.of(shape, np.random.default_rng(seed))
    generate(shape, seed).write_parquet(ratings)
    world.table().write_parquet(movies)
    return ratings, movies


def generate(shape: Shape, seed: int = 0) -> pl.DataFrame:
    """`user_id` and `movie_id` (Int32), `rating` (Float32) and `rated_at` (milliseconds, UTC), in the order of time."""
    random = np.random.default_rng(seed)
    world = _World.of(shape, random)
    lengths = _lengths(shape, random)
    frames = [_block(world, first, lengths[first : first + BLOCK], random) for first in range(0, shape.n_users, BLOCK)]
    return pl.concat(frames).sort("rated_at", "user_id", "movie_id")


@dataclass(frozen=True)
class _World:
    """The movies, most liked first; everything by row."""

    taste: Ints
    """Taste of each movie, shape (n_movies,)."""
    by_taste: Ints
    """Rows in the order of taste, then of popularity."""
    starts: Ints
    """Where each taste begins in `by_taste`, shape (N_TASTES + 1,)."""
    reach: Floats
    """Cumulative weight along `by_taste`: the chance of a movie inside its taste."""
    reach_of_all: Floats
    """Cumulative weight by row."""
    released: Ints
    """Day of release of each movie."""
    by_release: Ints
    companions: Ints
    """Rows, shape (n_movies, N_COMPANIONS)."""
    quality: Floats

    @classmethod
    def of(cls, shape: Shape, random: np.random.Generator) -> "_World":
        n = shape.n_movies
        weight = (np.arange(n) + 10.0) ** -1.0
        taste = random.integers(N_TASTES, size=n)
        by_taste = np.argsort(taste, kind="stable")
        starts = np.searchsorted(taste[by_taste], np.arange(N_TASTES + 1))
        released = np.where(random.random(n) < 0.5, 0, random.integers(0, YEARS * 365, n))
        return cls(
            taste=taste,
            by_taste=by_taste,
            starts=starts,
            reach=np.cumsum(weight[by_taste]),
            reach_of_all=np.cumsum(weight),
            released=released,
            by_release=np.argsort(released, kind="stable"),
            companions=_companions(taste, by_taste, starts, random),
            quality=random.normal(3.4, 0.5, n),
        )

    def of_taste(self, taste: Ints, chance: Floats) -> Ints:
        """A movie of each taste, by popularity."""
        below = np.concatenate([[0.0], self.reach])
        low, high = below[self.starts[taste]], below[self.starts[taste + 1]]
        place = np.searchsorted(self.reach, low + chance * (high - low), side="right")
        rows: Ints = self.by_taste[place.clip(max=len(self.reach) - 1)]
        return rows

    def of_any(self, chance: Floats) -> Ints:
        """A movie by popularity alone."""
        rows: Ints = np.searchsorted(self.reach_of_all, chance * self.reach_of_all[-1], side="right")
        return rows.clip(max=len(self.taste) - 1)

    def just_released(self, day: Floats) -> Ints:
        """The last movie that came out before each day."""
        place = np.searchsorted(self.released[self.by_release], day, side="right") - 1
        rows: Ints = self.by_release[place.clip(min=0)]
        return rows

    def table(self) -> pl.DataFrame:
        """`movie_id, title, genres`."""
        first_year = ENDS_AT.year - YEARS
        return pl.DataFrame(
            {
                "movie_id": np.arange(1, len(self.taste) + 1, dtype=np.int32),
                "title": [
                    f"Movie {row + 1} ({first_year + day // 365})" for row, day in enumerate(self.released.tolist())
                ],
                "genres": [f"{GENRES[taste % 8]}|{GENRES[(taste // 3 + 1) % 8]}" for taste in self.taste.tolist()],
            }
        )


def _companions(taste: Ints, by_taste: Ints, starts: Ints, random: np.random.Generator) -> Ints:
    """For each movie a handful of others of its taste, of about its popularity."""
    place = np.empty_like(by_taste)
    place[by_taste] = np.arange(len(by_taste))
    away = random.integers(1, 2 * N_COMPANIONS, (len(taste), N_COMPANIONS))
    low, high = starts[taste][:, None], starts[taste + 1][:, None]
    rows: Ints = by_taste[low + (place[:, None] - low + away) % np.maximum(high - low, 1)]
    return rows


def _lengths(shape: Shape, random: np.random.Generator) -> Ints:
    """Number of ratings of each user."""
    lengths = random.lognormal(sigma=SPREAD, size=shape.n_users)
    mean = shape.n_ratings / shape.n_users
    for _ in range(8):  # the least and the most bend the mean: a few steps bring it back
        bounded = np.clip(lengths, min(LEAST, mean), shape.n_movies / 4)
        lengths = lengths * (mean / bounded.mean())
    return np.clip(lengths, min(LEAST, mean), shape.n_movies / 4).astype(np.int64)


def _block(world: _World, first: int, lengths: Ints, random: np.random.Generator) -> pl.DataFrame:
    """All ratings of users `first` and following."""
    n_drawn = np.ceil(lengths * (SURPLUS + SURPLUS_OF_ALL * lengths / len(world.taste))).astype(np.int64) + 5
    user = np.repeat(np.arange(len(lengths)), n_drawn)
    position = np.arange(len(user)) - np.repeat(np.cumsum(n_drawn) - n_drawn, n_drawn)
    tastes = random.dirichlet(np.full(N_TASTES, CONCENTRATION), len(lengths))
    second = _moments(lengths, user, position, random)
    item = _choices(world, tastes, user, position, second, random)
    own = tastes[user, world.taste[item]]
    stars = world.quality[item] + 1.2 * np.minimum(own / 0.3, 1) - 0.3 + random.normal(0, 0.7, len(item))
    rows = pl.DataFrame(
        {
            "user_id": (user + first + 1).astype(np.int32),
            "movie_id": (item + 1).astype(np.int32),
            "rating": (np.clip(np.round(stars * 2), 1, 10) / 2).astype(np.float32),
            "second": second,
        }
    )
    is_out = world.released[item] * DAY_S <= second
    kept = rows.filter(is_out).unique(["user_id", "movie_id"], keep="first", maintain_order=True)
    wanted = pl.Series(lengths)
    kept = kept.filter(pl.int_range(pl.len()).over("user_id") < wanted.gather(kept["user_id"] - first - 1))
    begins = ENDS_AT - timedelta(days=YEARS * 365)
    return kept.select(
        "user_id",
        "movie_id",
        "rating",
        (pl.lit(begins) + pl.duration(seconds="second")).cast(pl.Datetime("ms", "UTC")).alias("rated_at"),
    )


def _moments(lengths: Ints, user: Ints, position: Ints, random: np.random.Generator) -> Ints:
    """Second of each choice since the beginning: half in a first sitting, the rest in later ones."""
    end = YEARS * 365 * DAY_S
    arrives = (random.beta(1.3, 1.0, len(lengths)) * (end - 2 * DAY_S)).astype(np.int64)
    is_later = position >= np.maximum(lengths[user] // 2, 10)
    opens = is_later & (random.random(len(user)) < 1 / 12)
    gap = np.where(opens, random.exponential(25 * DAY_S, len(user)), random.exponential(30, len(user)) + 1)
    total = np.cumsum(gap)
    start = np.flatnonzero(position == 0)
    since = total - np.repeat(total[start], np.diff(np.append(start, len(user))))
    room = (end - arrives[user]).astype(np.float64)
    last = np.maximum.reduceat(since, start)[user]
    # Who came late has less time for the same sittings.
    moments: Ints = arrives[user] + (since * np.minimum(1.0, (room - 1) / np.maximum(last, 1.0))).astype(np.int64)
    return moments


def _choices(
    world: _World, tastes: Floats, user: Ints, position: Ints, second: Ints, random: np.random.Generator
) -> Ints:
    """Movie of each choice, by taste, by what is new, and by the choice before."""
    n = len(user)
    in_taste = _taste_of(tastes, user, random.random(n))
    item = np.where(
        random.random(n) < IN_TASTE, world.of_taste(in_taste, random.random(n)), world.of_any(random.random(n))
    )
    is_new = random.random(n) < FROM_NEW
    new = world.just_released(second / DAY_S - random.exponential(NEW_DAYS, n))
    fits = world.taste[new] == in_taste  # even what is new has to be of the user's taste, more often than not
    item = np.where(is_new & (fits | (random.random(n) < 0.3)), new, item)
    before = np.concatenate([item[:1], item[:-1]])
    follows = (position > 0) & (random.random(n) < FROM_LAST)
    return np.where(follows, world.companions[before, random.integers(N_COMPANIONS, size=n)], item)


def _taste_of(tastes: Floats, user: Ints, chance: Floats) -> Ints:
    """A taste of each user, by how much of it the user has: one search in the rows' cumulative sums, end to end."""
    reach = (np.cumsum(tastes, axis=1) + np.arange(len(tastes))[:, None]).ravel()
    found = np.searchsorted(reach, user + chance, side="right") - user * N_TASTES
    return found.clip(0, N_TASTES - 1)
