"""`matinee bench quality --all`: the default model beside ALS and popularity on many timelines, and on all together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import structlog
from numpy.typing import NDArray

from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.quality import TIMELINE_MODELS, Holdout, at_cut, periods_to_test
from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender, fit

log = structlog.get_logger()

NAMES = ("popular", "popular_30d", "popular_7d", "als", "ease", "blend")
AGAINST = ("als", "popular_30d", "popular_7d")
"""What the default model must not lose to on any timeline, and has to beat on all lists together."""

CUT = 0.9
"""Share of the ratings that a global temporal split learns from."""


class Stretch(NamedTuple):
    """Retrains in a row on one data set."""

    period: timedelta
    n_retrains: int
    start: float | datetime | timedelta
    """A share of the ratings, a moment, or so long after the first rating."""


STRETCHES: Mapping[str, tuple[Stretch, ...]] = {
    "ml-100k": (Stretch(timedelta(days=7), 22, timedelta(days=60)),),
    "ml-1m-half": (
        Stretch(timedelta(days=1), 24, 0.5),
        Stretch(timedelta(days=14), 24, datetime(2001, 1, 17, tzinfo=UTC)),
    ),
    "ml-latest-small": (Stretch(timedelta(days=90), 12, 0.5), Stretch(timedelta(days=30), 22, 0.8)),
}
"""Of the sets that the documents quote; any other has twelve retrains in its newer half. All have a cut as well."""


@dataclass(frozen=True)
class TestedTimeline:
    """Ratings and the moments at which models are fitted again and tested."""

    name: str
    movie_ids: list[str]
    tests: Iterable[Holdout]


def timelines_of(
    name: str, ratings: pl.DataFrame, movie_ids: list[str], positive_rating: float
) -> Iterator[TestedTimeline]:
    """The timelines of one data set; `ratings` in order of time."""
    for period, n_retrains, start in STRETCHES.get(name, (_newer_half(ratings),)):
        tests = periods_to_test(ratings, _moment(ratings, start), period, n_retrains, positive_rating, must_reach=False)
        yield TestedTimeline(f"{name} {period.days}d x {n_retrains}", movie_ids, tests)
    yield TestedTimeline(f"{name} cut {CUT}", movie_ids, at_cut(ratings, CUT, positive_rating))


def quality_of_all(
    timelines: Iterable[TestedTimeline], positive_rating: float = 4.0, models: Mapping[str, Recommender] | None = None
) -> dict[str, Any]:
    """NDCG@10 of models on each timeline and on the lists of all, with paired 95 % intervals against `AGAINST`.

    Returns:
        `{timeline: {"rows": [{"model", "ndcg_at_10", "against_als": [difference, low, high], ...}]}, "pooled": ...}`.
    """
    models = models or {name: TIMELINE_MODELS[name] for name in NAMES}
    values = {each.name: _ndcg_of(each, models, positive_rating) for each in timelines}
    pooled = {name: np.concatenate([each[name] for each in values.values()]) for name in models}
    return {name: {"rows": _rows(each)} for name, each in {**values, "pooled": pooled}.items()}


def _ndcg_of(
    timeline: TestedTimeline, models: Mapping[str, Recommender], positive_rating: float
) -> dict[str, NDArray[np.float64]]:
    """NDCG@10 of each list of a timeline by model."""
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in models}
    for now, split, users in timeline.tests:
        interactions = Interactions.from_ratings(split.past, timeline.movie_ids, positive_rating, now)
        for name, algorithm in models.items():
            model = fit(algorithm, interactions).ranking_model()
            contender = Contender.of(model, interactions.user_ids, interactions.movie_ids)
            found[name].append(evaluate(contender, users)["ndcg_at_10"].to_numpy())
        log.info("retrained", timeline=timeline.name, until=f"{now:%Y-%m-%d}", users=len(users))
    return {name: np.concatenate(each) for name, each in found.items()}


def _rows(values: Mapping[str, NDArray[np.float64]]) -> list[dict[str, Any]]:
    return [
        {
            "model": name,
            "ndcg_at_10": float(own.mean()),
            **{f"against_{other}": _interval(own - values[other]) for other in AGAINST},
            "n_lists": len(own),
        }
        for name, own in values.items()
    ]


def _interval(differences: NDArray[np.float64]) -> list[float]:
    return [float(differences.mean()), *bootstrap_interval(differences)]


def _moment(ratings: pl.DataFrame, start: float | datetime | timedelta) -> datetime:
    rated_at = ratings["rated_at"].to_list()
    if isinstance(start, datetime):
        return start
    first: datetime = rated_at[0]
    moment: datetime = first + start if isinstance(start, timedelta) else rated_at[int(start * (len(rated_at) - 1))]
    return moment


def _newer_half(ratings: pl.DataFrame) -> Stretch:
    rated_at = ratings["rated_at"].to_list()
    days = (rated_at[-1] - rated_at[len(rated_at) // 2]) / timedelta(days=1)
    return Stretch(timedelta(days=max(1, int(days / 12))), 12, 0.5)
