"""Movies in groups of like popularity, by the past that a chunk stands beside.

A past rating is put into the group that its movie has without it. What is then the only rating of its movie counts as
one of a new movie, so that the past has as many new movies as are to be expected (Good, 1953).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

GROUPS = ("most rated fifth", "second fifth", "third fifth", "fourth fifth", "least rated fifth", "new movies")
"""Movies by popularity; each group but the last has about a fifth of the past's ratings."""

NEW = len(GROUPS) - 1
"""Index of the last."""


class MovieGroups:
    """Groups of the movies of a past.

    Args:
        past: its ratings; of these `movie_id`.
    """

    def __init__(self, past: pl.DataFrame) -> None:
        by_movie = past.lazy().group_by("movie_id").agg(n=pl.len().cast(pl.Int64))
        movies = by_movie.collect(engine="streaming")  # of millions of ratings a third of the time
        bounds = _bounds(movies["n"])
        self._movies = movies.with_columns(group=_group(pl.col("n"), bounds), in_past=_group(pl.col("n") - 1, bounds))

    def of_chunk(self, ratings: pl.DataFrame) -> pl.DataFrame:
        """Ratings after the past, in their order, with the index of their group in `GROUPS` as column `group`."""
        return self._joined(ratings, "group")

    def of_past(self, ratings: pl.DataFrame) -> pl.DataFrame:
        """Ratings of the past, in their order, with the same."""
        return self._joined(ratings, "in_past")

    def most_rated(self, n: int) -> set[str]:
        """The `n` movies with the most ratings; of equals those with the first ids."""
        return set(self._movies.sort("n", "movie_id", descending=[True, False])["movie_id"].head(n))

    def past(self) -> Mapping[int, int]:
        """How many ratings of the past are in each group, by its index."""
        return dict(self._movies.group_by("in_past").agg(pl.col("n").sum()).iter_rows())

    def _joined(self, ratings: pl.DataFrame, name: str) -> pl.DataFrame:
        groups = self._movies.select("movie_id", group=name)
        joined = ratings.join(groups, on="movie_id", how="left", maintain_order="left")
        return joined.with_columns(pl.col("group").fill_null(NEW))


def _bounds(popularity: pl.Series) -> list[int]:
    """Least popularity of each group but the last two."""
    sizes = np.sort(popularity.to_numpy())[::-1]
    if not len(sizes):
        return []
    shares = sizes.cumsum() / sizes.sum()
    n_groups = len(GROUPS) - 1
    return [int(sizes[np.searchsorted(shares, group / n_groups)]) for group in range(1, n_groups)]


def _group(popularity: pl.Expr, bounds: Sequence[int]) -> pl.Expr:
    """Index into `GROUPS`."""
    n_above = pl.sum_horizontal(pl.lit(0), *((popularity < bound).cast(pl.Int32) for bound in bounds))
    return pl.when(popularity < 1).then(NEW).otherwise(n_above).cast(pl.Int32)
