"""Ratings on matrix axes: which row each user and each movie has, and the history of each user."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from matinee.ranking import Histories


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
    """Put a frame `user_id, movie_id, rating, rated_at` on matrix axes.

    Args:
        ratings: one row a rating, in any order; of several of one user and movie the newest counts, of equal times
            the one that comes last.
        movie_ids: the catalogue; movies that occur only in `ratings` are appended to it.
    """
    newest = ratings.sort("rated_at", "user_id", "movie_id", maintain_order=True).unique(
        ["user_id", "movie_id"], keep="last"
    )
    user_ids = newest["user_id"].unique().sort().to_list()
    unlisted = newest.filter(~pl.col("movie_id").is_in(movie_ids))["movie_id"].unique().sort().to_list()
    movie_ids = [*movie_ids, *unlisted]
    rows = newest.select(
        pl.col("user_id").replace_strict(user_ids, range(len(user_ids)), return_dtype=pl.Int64).alias("user"),
        pl.col("movie_id").replace_strict(movie_ids, range(len(movie_ids)), return_dtype=pl.Int32).alias("item"),
        pl.col("rating").cast(pl.Float32),
        pl.col("rated_at").dt.epoch("s").alias("rated_at"),
    ).sort("user", "rated_at", "item")
    counts = np.bincount(rows["user"].to_numpy(), minlength=len(user_ids))
    histories = Histories(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=rows["item"].to_numpy().astype(np.int32),
        ratings=rows["rating"].to_numpy().astype(np.float32),
        rated_at=rows["rated_at"].to_numpy().astype(np.int64),
    )
    return RatingsOnAxes(user_ids, movie_ids, histories)
