"""Ranks the whole catalogue for every case with the server's own `ranking.recommend`, and averages the metrics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import log2
from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.evaluation.split import Case, Said
from matinee.metrics import debiased_ndcg_at_k, gini, hit_rate_at_k, mrr_at_k, ndcg_at_k, recall_at_k
from matinee.ranking import Floats, History, ListRequest, RankingModel, UserRef, recommend_many

K, LONG_K = 10, 20
"""Lengths of the evaluated lists."""

PLAIN = ListRequest()
"""A list without filters and sliders."""

METRICS = (
    "ndcg_at_10",
    "recall_at_10",
    "recall_at_20",
    "hit_rate_at_10",
    "mrr_at_20",
    "debiased_ndcg_at_10",
    "mean_popularity_rank",
    "novelty",
)
"""Values of each user; the last two are of the list alone, whether the user liked it or not."""


PER_USER = pl.Schema(
    {"user_id": pl.String(), "segment": pl.String(), "n_history": pl.Int64()}
    | dict.fromkeys(METRICS, pl.Float64())
    | {"recommended": pl.List(pl.String)}
)
"""Columns of what `evaluate` returns."""


_BATCH = 64
"""Lists that are asked for at a time."""


class Listed(NamedTuple):
    """What a model recommends to somebody."""

    movie_ids: list[str]
    """External ids, best first."""
    scores: Floats


@dataclass(frozen=True)
class Contender:
    """A model with its axes: how external ids meet its rows."""

    model: RankingModel
    user_index: Mapping[str, int]
    item_index: Mapping[str, int]

    @cached_property
    def movie_ids(self) -> dict[int, str]:
        """External id of each row."""
        return {row: movie_id for movie_id, row in self.item_index.items()}

    @classmethod
    def of(cls, model: RankingModel, user_ids: Sequence[str], movie_ids: Sequence[str]) -> "Contender":
        """A model whose rows are these ids."""
        return cls(model, _rows(user_ids), _rows(movie_ids))

    def ranked(self, case: Case, k: int = K, wanted: ListRequest = PLAIN) -> list[int]:
        """Rows of the movies recommended for a case, best first; its history counts whether or not the model saw it."""
        history = _history(case.said, self.item_index)
        now = None if case.now is None else case.now.timestamp()
        user = self.model.user(self.user_index.get(case.user_id), history, now)
        ranking = recommend_many(self.model, [wanted._replace(user=user, k=k)])[0]
        return [int(item) for item in ranking.items]

    def listed(self, users: Iterable[str | Said], now: datetime | None = None) -> list[Listed]:
        """Lists of `K` movies.

        Args:
            users: each somebody whom the model knows, or what a stranger to it said.
            now: when the lists are asked for; None for when the model's ratings end.
        """
        moment = None if now is None else now.timestamp()
        requests = [ListRequest(self._user(each, moment), K) for each in users]
        batches = (requests[begins : begins + _BATCH] for begins in range(0, len(requests), _BATCH))
        return [
            Listed([self.movie_ids[int(item)] for item in ranking.items], ranking.scores)
            for batch in batches
            for ranking in recommend_many(self.model, batch)
        ]

    def _user(self, who: str | Said, moment: float | None) -> UserRef:
        if isinstance(who, str):
            return self.model.user(self.user_index[who], None, moment)
        return self.model.user(None, _history(who, self.item_index), moment)

    def among_strangers(self) -> "Contender":
        """The same model, which gets everyone's history as a stranger's: what it has seen of them is not excluded."""
        return replace(self, user_index={})

    def truth(self, case: Case) -> set[int]:
        """Rows of the truth; a movie outside the catalogue has a row that no list contains."""
        return {self.item_index.get(movie_id, -1 - position) for position, movie_id in enumerate(sorted(case.truth))}


@dataclass(frozen=True)
class Popularity:
    """How popular each movie was before the holdout; the same yardstick for all contenders."""

    counts: Mapping[str, float]
    """Users who liked a movie, by its external id."""

    @classmethod
    def of(cls, past: pl.DataFrame | pl.LazyFrame, positive_rating: float) -> "Popularity":
        """Popularity in a frame of ratings."""
        liked = past.lazy().filter(pl.col("rating") >= positive_rating)
        counted = liked.group_by("movie_id").agg(pl.col("user_id").n_unique()).collect()
        return cls(dict(counted.iter_rows()))

    def by_row(self, item_index: Mapping[str, int]) -> dict[int, float]:
        """Counts by a contender's rows, of the movies that it knows."""
        return {item_index[movie_id]: count for movie_id, count in self.counts.items() if movie_id in item_index}


def evaluate(
    contender: Contender, cases: Iterable[Case], popularity: Popularity | None = None, wanted: ListRequest = PLAIN
) -> pl.DataFrame:
    """Metrics of each case.

    Args:
        contender: what ranks.
        cases: whom to ask about.
        popularity: before the holdout; None for none.
        wanted: which list, but for its user and length.

    Returns:
        `user_id, segment, n_history`, a column for each of `METRICS`, and `recommended`, the external ids of the
        ten movies at the top.
    """
    counts = (popularity or Popularity({})).by_row(contender.item_index)
    listed = _Lists(counts, contender.model.n_movies)
    rows = []
    for case in cases:
        ranked, truth = contender.ranked(case, LONG_K, wanted), contender.truth(case)
        values = {
            "ndcg_at_10": ndcg_at_k(ranked, truth, K),
            "recall_at_10": recall_at_k(ranked, truth, K),
            "recall_at_20": recall_at_k(ranked, truth, LONG_K),
            "hit_rate_at_10": hit_rate_at_k(ranked, truth, K),
            "mrr_at_20": mrr_at_k(ranked, truth, LONG_K),
            "debiased_ndcg_at_10": debiased_ndcg_at_k(ranked, truth, K, counts),
            "mean_popularity_rank": listed.mean_popularity_rank(ranked[:K]),
            "novelty": listed.novelty(ranked[:K]),
        }
        about = {"user_id": case.user_id, "segment": case.segment, "n_history": case.history.height}
        rows.append({**about, **values, "recommended": [contender.movie_ids[item] for item in ranked[:K]]})
    return pl.DataFrame(rows, schema=PER_USER)


def summarize(per_user: pl.DataFrame, n_movies: int, of_segments: Sequence[str] = METRICS) -> dict[str, float]:
    """Means over all users and over each segment, and how the lists together spread over the catalogue.

    `warm` users were there before the holdout, `new` ones not; `light` and `heavy` ones have at most, and more than,
    the median number of ratings in their history. `coverage_at_10` is the share of the catalogue that was shown to
    anybody, `gini_at_10` how unevenly.

    Args:
        per_user: what `evaluate` gave.
        n_movies: size of the catalogue.
        of_segments: metrics that each segment has a mean of.
    """
    summary: dict[str, float] = {"n_evaluated_users": per_user.height}
    if per_user.is_empty():
        return summary
    for segment, users in segments(per_user).items():
        names, suffix = (METRICS, "") if segment == "all" else (of_segments, f"_{segment}")
        summary |= {f"{name}{suffix}": float(np.mean(users[name].to_numpy())) for name in names}
    shown = per_user["recommended"].explode(empty_as_null=False).value_counts()["count"].to_numpy()
    exposures = np.concatenate([shown, np.zeros(max(n_movies - len(shown), 0))]).astype(np.int64)
    return summary | {"coverage_at_10": len(shown) / n_movies, "gini_at_10": gini(exposures)}


def segments(per_user: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`all` users, and those of each segment that has any."""
    median = per_user["n_history"].median()
    named = {
        "all": per_user,
        "warm": per_user.filter(segment="warm"),
        "new": per_user.filter(segment="new"),
        "light": per_user.filter(pl.col("n_history") <= median),
        "heavy": per_user.filter(pl.col("n_history") > median),
    }
    return {name: users for name, users in named.items() if not users.is_empty()}


class _Lists:
    """Values of a list that depend on popularity only."""

    def __init__(self, counts: Mapping[int, float], n_movies: int) -> None:
        by_popularity = sorted(range(n_movies), key=lambda row: (-counts.get(row, 0), row))
        self._rank = {row: rank for rank, row in enumerate(by_popularity, 1)}
        total = sum(counts.values()) + n_movies
        self._surprise = {row: -log2((counts.get(row, 0) + 1) / total) for row in range(n_movies)}

    def mean_popularity_rank(self, ranked: list[int]) -> float:
        """Mean rank by popularity, 1 for the most popular movie."""
        return float(np.mean([self._rank[row] for row in ranked])) if ranked else 0.0

    def novelty(self, ranked: list[int]) -> float:
        """Mean self-information in bits, -log2 of a movie's smoothed share of all likes (Zhou et al., 2010)."""
        return float(np.mean([self._surprise[row] for row in ranked])) if ranked else 0.0


def _rows(external_ids: Sequence[str]) -> dict[str, int]:
    return {external_id: row for row, external_id in enumerate(external_ids)}


def _history(said: Said, item_index: Mapping[str, int]) -> History:
    """What was said of the movies that a contender knows."""
    rows = np.array([item_index.get(movie_id, -1) for movie_id in said.movie_ids], np.int32)
    known = rows >= 0
    events = None if said.events is None else said.events[known]
    return History(rows[known], said.ratings[known], said.rated_at[known], events)
