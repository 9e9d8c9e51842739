"""`matinee bench quality`: all models side by side, on a published split and on the timeline."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import structlog
from numpy.typing import NDArray

from matinee.errors import UsageError
from matinee.evaluation.evaluate import METRICS, Contender, Popularity, evaluate
from matinee.evaluation.split import Case, Split, cases
from matinee.metrics import ndcg_at_k, recall_at_k
from matinee.models.als import ALS
from matinee.models.blend import Blend, Common, Part, blended
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.item_knn import ItemKNN
from matinee.models.next_item import NextItem
from matinee.models.popular import Popular
from matinee.models.recommender import Fitted, Incumbent, Recommender, fit
from matinee.ranking import Histories, History, RankingModel, recommend

log = structlog.get_logger()

Row = dict[str, Any]

N_RESAMPLES = 2000


@dataclass(frozen=True)
class _Mixture:
    """A fixed blend of other algorithms."""

    parts: Sequence[Part]
    parameters: Mapping[str, float] = field(default_factory=dict)

    def fit(self, interactions: Interactions) -> Fitted:
        return blended(self.parts, interactions)


_SPLIT_ALS_LARGE = ALS(factors=320, alpha=7, regularization=57, recency=inf)
_SPLIT_EDLAE = EASE(regularization=200, dropout=0.5, recency=inf)

SPLIT_MODELS: Mapping[str, Recommender] = {
    "popular": Popular(),
    "item_knn": ItemKNN(recency=inf),
    "ease": EASE(regularization=400, recency=inf),
    "edlae": _SPLIT_EDLAE,
    "als": ALS(factors=96, iterations=10, recency=inf),
    "als_320": _SPLIT_ALS_LARGE,
    "blend": _Mixture([Part(1.0, _SPLIT_ALS_LARGE), Part(0.5, _SPLIT_EDLAE), Part(-0.3, Common())]),
}
"""Models of the published split; it has no times, so none weighs by recency."""

TIMELINE_MODELS: Mapping[str, Recommender] = {
    "popular": Popular(),
    "popular_30d": Popular(window_days=30),
    "item_knn": ItemKNN(),
    "als_plain": ALS(recency=inf),
    "als": ALS(),
    "als_warm": ALS(),
    "ease": EASE(),
    "next_item": NextItem(),
    "blend": Blend(),
}
"""Models of the timeline; `als_plain` is ALS as it is usually served, its histories weighed alike.

`als_warm` is `als` whose every fit but the first starts from the one before.
"""

BASELINES = ("als_plain", "popular_30d")
"""What the default model has to beat."""


def split_quality(folder: Path, models: Mapping[str, Recommender] = SPLIT_MODELS) -> dict[str, list[Row]]:
    """Recall and NDCG of models on a published split in the form of Liang et al. (2018).

    Args:
        folder: holds `train.csv`, `validation_tr.csv` and `validation_te.csv`, each with columns `uid, sid`: all
            liked movies of the training users, and history and truth of the held-out users.
        models: what to fit, by name.

    Returns:
        `{"rows": [{"model", "recall_at_20", "recall_at_50", "ndcg_at_100", "n_users", "fit_s"}]}`.

    Raises:
        UsageError: a file is missing.
    """
    train, history, truth = (_liked_of(folder, name) for name in ("train", "validation_tr", "validation_te"))
    n_movies = 1 + max(int(items.max()) for users in (train, history, truth) for items in users.values())
    interactions = _without_times(train, n_movies)
    rows = []
    for name, algorithm in models.items():
        model, fit_s = _timed_fit(algorithm, interactions)
        values = [_split_metrics(model, history[user], set(truth[user].tolist())) for user in sorted(truth)]
        means = {metric: float(np.mean([each[metric] for each in values])) for metric in values[0]}
        rows.append({"model": name, **means, "n_users": len(values), "fit_s": fit_s})
        log.info("measured", **rows[-1])
    return {"rows": rows}


def _liked_of(folder: Path, name: str) -> dict[int, NDArray[np.int32]]:
    path = folder / f"{name}.csv"
    if not path.is_file():
        raise UsageError(
            f"{path} is missing.", "Name a folder with train.csv, validation_tr.csv and validation_te.csv."
        )
    frame = pl.read_csv(path, schema_overrides={"uid": pl.Int64, "sid": pl.Int32})
    users = frame.sort("uid", "sid").group_by("uid", maintain_order=True).agg("sid")
    return {user: items.to_numpy() for user, items in zip(users["uid"], users["sid"], strict=True)}


def _all_liked(items: NDArray[np.int32]) -> History:
    return History(items, np.full(len(items), 5, np.float32), np.zeros(len(items), np.int64))


def _without_times(liked: Mapping[int, NDArray[np.int32]], n_movies: int) -> Interactions:
    everything = _all_liked(np.concatenate(list(liked.values())))
    offsets = np.cumsum([0, *map(len, liked.values())])
    histories = Histories(offsets, everything.items, everything.ratings, everything.rated_at)
    user_ids, movie_ids = [str(user) for user in liked], [str(row) for row in range(n_movies)]
    return Interactions(user_ids, movie_ids, histories, 4.0, datetime(1970, 1, 1, tzinfo=UTC))


def _split_metrics(model: RankingModel, history: NDArray[np.int32], truth: set[int]) -> dict[str, float]:
    ranked = recommend(model, None, _all_liked(history), 100).items.tolist()
    return {
        "recall_at_20": recall_at_k(ranked, truth, 20),
        "recall_at_50": recall_at_k(ranked, truth, 50),
        "ndcg_at_100": ndcg_at_k(ranked, truth, 100),
    }


def timeline_quality(
    ratings: pl.DataFrame,
    movie_ids: list[str],
    starts_at: datetime,
    period: timedelta,
    n_retrains: int,
    positive_rating: float = 4.0,
    models: Mapping[str, Recommender] = TIMELINE_MODELS,
) -> dict[str, Any]:
    """NDCG and coverage of models, each fitted again before every period and tested on it.

    Args:
        ratings: `user_id, movie_id, rating, rated_at`, in order of time.
        movie_ids: the catalogue.
        starts_at: end of the bootstrap, the first moment that is tested on.
        period: time between two retrains.
        n_retrains: how many; a period in which nobody can be tested does not count.
        positive_rating: stars that count as liked.
        models: what to fit, by name; `BASELINES` must be among them.

    Returns:
        `rows`: for each model means over all tested users, of `coverage_at_10` over the retrains, median `fit_s`, and
        `coverage_at_10_total`, the share of the catalogue shown to anyone in all that time;
        `comparisons`: for each of `BASELINES` and each other model the difference in NDCG@10 with its interval.

    Raises:
        UsageError: there are fewer periods to test on than `n_retrains`.
    """
    results: dict[str, list[pl.DataFrame]] = {name: [] for name in models}
    fit_s: dict[str, list[float]] = {name: [] for name in models}
    n_movies, incumbent = 0, None
    for now, split, users in _tests(ratings, starts_at, period, n_retrains, positive_rating):
        interactions = Interactions.from_ratings(split.past, movie_ids, positive_rating, now)
        popularity = Popularity.of(split.past, positive_rating)
        n_movies = max(n_movies, interactions.n_movies)
        for name, algorithm in models.items():
            start = incumbent if name == "als_warm" else None
            model, seconds = _timed_fit(algorithm, interactions, start)
            contender = Contender.of(model, interactions.user_ids, interactions.movie_ids)
            incumbent = contender if name == "als_warm" else incumbent
            results[name].append(evaluate(contender, users, popularity).with_columns(now=now))
            fit_s[name].append(seconds)
        log.info("retrained", until=f"{now:%Y-%m-%d}", users=len(users))
    joined = {name: pl.concat(frames) for name, frames in results.items()}
    rows = [_timeline_row(name, per_user, n_movies, fit_s[name]) for name, per_user in joined.items()]
    return {"rows": rows, "comparisons": list(_comparisons(joined))}


def _tests(
    ratings: pl.DataFrame, starts_at: datetime, period: timedelta, n_retrains: int, positive_rating: float
) -> Iterator[tuple[datetime, Split, list[Case]]]:
    """The first `n_retrains` periods in which somebody can be tested: when each begins, its split and its cases."""
    rated_at, found = pl.col("rated_at"), 0
    last: datetime = ratings["rated_at"].to_list()[-1]
    for position in range((last - starts_at) // period + 1):
        now = starts_at + position * period
        split = Split(ratings.filter(rated_at < now), ratings.filter(rated_at.is_between(now, now + period, "left")))
        users = list(cases(split, positive_rating))
        if users:
            found += 1
            yield now, split, users
        if found == n_retrains:
            return
    raise UsageError(f"There are {found} periods to test on, not {n_retrains}.", "Ask for fewer retrains.")


def _timeline_row(name: str, per_user: pl.DataFrame, n_movies: int, fit_s: list[float]) -> Row:
    means = {metric: float(np.mean(per_user[metric].to_numpy())) for metric in METRICS}
    for segment in ("warm", "new"):
        means[f"ndcg_at_10_{segment}"] = float(np.mean(per_user.filter(segment=segment)["ndcg_at_10"].to_numpy()))
    shown = per_user.group_by("now").agg(pl.col("recommended").explode().n_unique())["recommended"]
    coverage = {
        "coverage_at_10": float(np.mean(shown.to_numpy())) / n_movies,
        "coverage_at_10_total": per_user["recommended"].explode().n_unique() / n_movies,
    }
    counts = {"n_users": per_user.height, "n_retrains": len(fit_s)}
    return {"model": name, **means, **coverage, **counts, "fit_s": float(np.median(fit_s))}


def _comparisons(per_user: Mapping[str, pl.DataFrame]) -> Iterator[Row]:
    for baseline in BASELINES:
        for name, frame in per_user.items():
            if name not in BASELINES:
                differences = (frame["ndcg_at_10"] - per_user[baseline]["ndcg_at_10"]).to_numpy()
                low, high = bootstrap_interval(differences)
                mean = float(differences.mean())
                yield {"model": name, "baseline": baseline, "difference": mean, "low": low, "high": high}


def bootstrap_interval(differences: NDArray[np.float64], seed: int = 1) -> tuple[float, float]:
    """95 % percentile interval of the mean of paired differences (Efron, 1979), shape (n_users,)."""
    random = np.random.default_rng(seed)
    means = [differences[random.integers(len(differences), size=len(differences))].mean() for _ in range(N_RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _timed_fit(
    algorithm: Recommender, interactions: Interactions, incumbent: Incumbent | None = None
) -> tuple[RankingModel, float]:
    began = time.perf_counter()
    fitted = fit(algorithm, interactions, incumbent)
    return fitted.ranking_model(), time.perf_counter() - began
