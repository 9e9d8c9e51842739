"""Ratings on matrix axes: which row each user and each movie has, and the history of each user."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from matinee.ranking import EVENTS, Events, Histories
from matinee.ranking.events import SAID

_EVENTS = (
    "event",
    pl.col("event").is_in(SAID).alias("said"),
    "weight",
)


@dataclass(frozen=True)
class RatingsOnAxes:
    """Ratings in matrix rows."""

    user_ids: list[str]
    """External id of each user row."""
    movie_ids: list[str]
    """External id of each movie row."""
    histories: Histories
    """Ratings of each user, oldest first, the newest of each movie."""


def on_axes(ratings: pl.DataFrame, movie_ids: Sequence[str]) -> RatingsOnAxes:
    """Put a frame `user_id, movie_id, rating, rated_at` on matrix axes; `event` and `weight` too, where it has them.

    Args:
        ratings: one row a rating or other event, in any order; of several of one user and movie the newest counts, of
            equal times the one that comes last. But what was said of a movie goes before what was done with it.
        movie_ids: the catalogue; movies that occur only in `ratings` are appended to it.
    """
    if "event" in ratings.columns and (ratings["event"] == "rating").all():
        ratings = ratings.drop("event", "weight")
    # Numbers instead of ids before anything is sorted or compared: of many million rows that is a tenth of the memory.
    coded = ratings.select(pl.col("user_id", "movie_id").cast(pl.Categorical))
    user_ids, rated = (coded[name].unique().cast(pl.String).sort() for name in ("user_id", "movie_id"))
    all_movies = pl.concat([pl.Series("movie_id", movie_ids, pl.String), rated.filter(~rated.is_in(list(movie_ids)))])
    rows = ratings.select(
        _places(coded["user_id"], user_ids).alias("user"),
        _places(coded["movie_id"], all_movies).alias("item"),
        pl.col("rating").cast(pl.Float32),
        pl.col("rated_at").dt.epoch("s").alias("rated_at"),
        *_EVENTS if "event" in ratings.columns else (),
    )
    rows = _newest_of_each_movie(_in_order(rows), len(all_movies))
    counts = np.bincount(rows["user"].to_numpy(), minlength=len(user_ids))
    histories = Histories(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=rows["item"].to_numpy().astype(np.int32),
        ratings=rows["rating"].to_numpy().astype(np.float32),
        rated_at=rows["rated_at"].to_numpy().astype(np.int64),
        events=_events(rows),
    )
    return RatingsOnAxes(user_ids.to_list(), all_movies.to_list(), histories)


def counting(ratings: pl.DataFrame) -> pl.DataFrame:
    """The rows of a frame as that of `on_axes` that count: one of each user and movie, by time, movie and user.

    The same rows as `on_axes` keeps, for whoever needs a frame of few people.
    """
    ordered = ratings.sort("rated_at", "movie_id", "user_id", maintain_order=True).with_row_index("place")
    if "event" in ratings.columns:
        ordered = ordered.sort(pl.col("event").is_in(SAID), maintain_order=True)
    newest = ordered.unique(["user_id", "movie_id"], keep="last", maintain_order=True)
    return newest.sort("place").drop("place")


def _places(coded: pl.Series, axis: pl.Series) -> pl.Series:
    """Place on an axis of each of these categories, all of which are on it, as UInt32."""
    codes = axis.cast(pl.Categorical).to_physical().to_numpy()
    places = np.zeros(int(codes.max()) + 1 if len(codes) else 0, np.uint32)
    places[codes] = np.arange(len(codes), dtype=np.uint32)
    return pl.Series(places[coded.to_physical().to_numpy()])


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by user, time and item, equal ones in the order in which they come.

    They nearly come in the order of time and item. So they are sorted by user alone, which takes a sixth of the time,
    and by all three only those of users of whom a row came late.
    """
    rows = rows.sort("user", maintain_order=True)
    user, rated_at, item = (rows[name].to_numpy() for name in ("user", "rated_at", "item"))
    is_earlier = (rated_at[1:] < rated_at[:-1]) | ((rated_at[1:] == rated_at[:-1]) & (item[1:] < item[:-1]))
    came_late = user[1:][(user[1:] == user[:-1]) & is_earlier]
    if not len(came_late):
        return rows
    is_of_these = pl.Series(np.isin(user, came_late))
    sorted_anew = rows.filter(is_of_these).sort("user", "rated_at", "item", maintain_order=True)
    return pl.concat([rows.filter(~is_of_these), sorted_anew]).sort("user", maintain_order=True)


def _newest_of_each_movie(rows: pl.DataFrame, n_movies: int) -> pl.DataFrame:
    """The last row of each user and movie, in the order in which they come."""
    pair = rows.select(pair=pl.col("user").cast(pl.Int64) * n_movies + pl.col("item"))["pair"]
    if pair.n_unique() == len(pair):  # nearly always, and cheaper to see than to sort by it
        return rows
    if "event" not in rows.columns:
        return rows.filter(pair.is_last_distinct())
    said_last = rows.with_row_index("place").with_columns(pair).sort("said", "place")
    return said_last.filter(pl.col("pair").is_last_distinct()).sort("place").drop("place", "pair")


def _events(rows: pl.DataFrame) -> Events | None:
    """What the rows are, unless all are ratings."""
    return events_of(rows) if "event" in rows.columns else None


def events_of(rows: pl.DataFrame) -> Events:
    """What the rows of a frame with `event` and `weight` are."""
    codes = rows["event"].cast(pl.Enum(EVENTS)).to_physical().to_numpy()
    return Events(codes.astype(np.uint8), rows["weight"].to_numpy().astype(np.float32))
