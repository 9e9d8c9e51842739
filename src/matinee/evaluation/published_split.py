"""`matinee bench quality --split`: models on a published split in the form of Liang et al. (2018)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import structlog
from numpy.typing import NDArray

from matinee.errors import UsageError
from matinee.metrics import ndcg_at_k, recall_at_k
from matinee.models.als import ALS
from matinee.models.blend import Common, Part, blended
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.item_knn import ItemKNN
from matinee.models.popular import Popular
from matinee.models.recommender import Fitted, Incumbent, Recommender, fit
from matinee.ranking import Histories, History, RankingModel, recommend

log = structlog.get_logger()

Row = dict[str, Any]


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


class PublishedSplit(NamedTuple):
    """A split in the form of Liang et al. (2018)."""

    interactions: Interactions
    """All liked movies of the training users."""
    history: Mapping[int, NDArray[np.int32]]
    """Liked movies of the held-out users that a model is told."""
    truth: Mapping[int, NDArray[np.int32]]
    """Those that it is to find."""


def read_split(folder: Path) -> PublishedSplit:
    """The split in a folder that holds `train.csv`, `validation_tr.csv` and `validation_te.csv`, columns `uid, sid`.

    Raises:
        UsageError: a file is missing.
    """
    train, history, truth = (_liked_of(folder, name) for name in ("train", "validation_tr", "validation_te"))
    n_movies = 1 + max(int(items.max()) for users in (train, history, truth) for items in users.values())
    return PublishedSplit(_without_times(train, n_movies), history, truth)


def split_quality(folder: Path, models: Mapping[str, Recommender] = SPLIT_MODELS) -> dict[str, list[Row]]:
    """Recall and NDCG of models on the published split in a folder.

    Args:
        folder: see `read_split`.
        models: what to fit, by name.

    Returns:
        `{"rows": quality_of(…)}`.

    Raises:
        UsageError: a file is missing.
    """
    return {"rows": quality_of(read_split(folder), models)}


def quality_of(split: PublishedSplit, models: Mapping[str, Recommender]) -> list[Row]:
    """Recall and NDCG of models: `[{"model", "recall_at_20", "recall_at_50", "ndcg_at_100", "n_users", "fit_s"}]`."""
    rows = []
    for name, algorithm in models.items():
        model, fit_s = timed_fit(algorithm, split.interactions)
        found = [(split.history[user], set(items.tolist())) for user, items in sorted(split.truth.items())]
        values = [_split_metrics(model, history, truth) for history, truth in found]
        means = {metric: float(np.mean([each[metric] for each in values])) for metric in values[0]}
        rows.append({"model": name, **means, "n_users": len(values), "fit_s": fit_s})
        log.info("measured", **rows[-1])
    return rows


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


def timed_fit(
    algorithm: Recommender, interactions: Interactions, incumbent: Incumbent | None = None
) -> tuple[RankingModel, float]:
    """The fitted model, and how many seconds that took."""
    began = time.perf_counter()
    fitted = fit(algorithm, interactions, incumbent)
    return fitted.ranking_model(), time.perf_counter() - began
