"""Ranks the whole catalogue for every case with the server's own `ranking.recommend`, and averages the metrics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from matinee.evaluation.metrics import hit_rate_at_k, ndcg_at_k, recall_at_k
from matinee.evaluation.split import Case
from matinee.ranking import History, RankingModel, recommend

K = 10
"""Length of the evaluated list."""

METRICS = {"ndcg_at_10": ndcg_at_k, "recall_at_10": recall_at_k, "hit_rate_at_10": hit_rate_at_k}


@dataclass(frozen=True)
class Contender:
    """A model with its axes: how external ids meet its rows."""

    model: RankingModel
    user_index: Mapping[str, int]
    item_index: Mapping[str, int]

    def ranked(self, case: Case, k: int = K) -> list[int]:
        """Rows of the movies recommended for a case, best first; its history counts whether or not the model saw it."""
        history = _history(case.history, self.item_index)
        ranking = recommend(self.model, self.user_index.get(case.user_id), history, k)
        return [int(item) for item in ranking.items]

    def truth(self, case: Case) -> set[int]:
        """Rows of the truth; a movie outside the catalogue has a row that no list contains."""
        return {self.item_index.get(movie_id, -1 - position) for position, movie_id in enumerate(sorted(case.truth))}


def evaluate(contender: Contender, cases: Iterable[Case]) -> pl.DataFrame:
    """Metrics of each case: `user_id, segment, ndcg_at_10, recall_at_10, hit_rate_at_10, recommended`.

    `recommended` are the rows of the list, for metrics of the whole such as coverage.
    """
    rows = []
    for case in cases:
        ranked, truth = contender.ranked(case), contender.truth(case)
        values = {name: metric(ranked, truth, K) for name, metric in METRICS.items()}
        rows.append({"user_id": case.user_id, "segment": case.segment, **values, "recommended": ranked})
    schema = pl.Schema({"user_id": pl.String, "segment": pl.String})
    schema.update(dict.fromkeys(METRICS, pl.Float64()))
    schema["recommended"] = pl.List(pl.Int64)
    return pl.DataFrame(rows, schema=schema)


def summarize(per_user: pl.DataFrame, n_movies: int) -> dict[str, float]:
    """Means over all, the warm and the new users; `coverage_at_10` is the share of the catalogue that was shown."""
    summary: dict[str, float] = {"n_evaluated_users": per_user.height}
    segments = {"": per_user} | {f"_{name}": per_user.filter(segment=name) for name in ("warm", "new")}
    for suffix, users in segments.items():
        if not users.is_empty():
            summary |= {f"{name}{suffix}": float(np.mean(users[name].to_numpy())) for name in METRICS}
    if not per_user.is_empty():
        summary["coverage_at_10"] = per_user["recommended"].explode().n_unique() / n_movies
    return summary


def _history(frame: pl.DataFrame, item_index: Mapping[str, int]) -> History:
    known = frame.filter(pl.col("movie_id").is_in(list(item_index)))
    rows = [item_index[movie_id] for movie_id in known["movie_id"]]
    return History(
        items=np.array(rows, np.int32),
        ratings=known["rating"].to_numpy().astype(np.float32),
        rated_at=known["rated_at"].dt.epoch("s").to_numpy().astype(np.int64),
    )
