"""`matinee bench quality --timeline`: all models side by side, each fitted again and again on the past alone."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import structlog

from matinee.errors import UsageError
from matinee.evaluation.evaluate import METRICS, Contender, Popularity, evaluate
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.published_split import Row, timed_fit
from matinee.evaluation.split import Case, Split, cases
from matinee.models.als import ALS
from matinee.models.blend import Blend
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.item_knn import ItemKNN
from matinee.models.next_item import NextItem
from matinee.models.popular import Popular
from matinee.models.recommender import Recommender

log = structlog.get_logger()


TIMELINE_MODELS: Mapping[str, Recommender] = {
    "popular": Popular(),
    "popular_30d": Popular(window_days=30),
    "popular_7d": Popular(window_days=7),
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

BASELINES = ("als_plain", "als", "popular_30d", "popular_7d")
"""What the default model has to beat."""


class Holdout(NamedTuple):
    """A moment at which models are fitted on the past and tested on what comes next."""

    now: datetime
    split: Split
    users: list[Case]


def timeline_quality(
    tests: Iterable[Holdout],
    movie_ids: list[str],
    positive_rating: float = 4.0,
    models: Mapping[str, Recommender] = TIMELINE_MODELS,
) -> dict[str, Any]:
    """NDCG and coverage of models, each fitted again before every test.

    Args:
        tests: `periods_to_test`, or one `at_cut`.
        movie_ids: the catalogue.
        positive_rating: stars that count as liked.
        models: what to fit, by name; those of `BASELINES` among them are compared with.

    Returns:
        `rows`: for each model means over all tested users, of `coverage_at_10` over the retrains, median `fit_s`, and
        `coverage_at_10_total`, the share of the catalogue shown to anyone in all that time;
        `comparisons`: for each of `BASELINES` and each other model the difference in NDCG@10 with its interval.
    """
    results: dict[str, list[pl.DataFrame]] = {name: [] for name in models}
    fit_s: dict[str, list[float]] = {name: [] for name in models}
    n_movies, incumbent = 0, None
    for now, split, users in tests:
        interactions = Interactions.from_ratings(split.past, movie_ids, positive_rating, now)
        popularity = Popularity.of(split.past, positive_rating)
        n_movies = max(n_movies, interactions.n_movies)
        for name, algorithm in models.items():
            start = incumbent if name == "als_warm" else None
            model, seconds = timed_fit(algorithm, interactions, start)
            contender = Contender.of(model, interactions.user_ids, interactions.movie_ids)
            incumbent = contender if name == "als_warm" else incumbent
            results[name].append(evaluate(contender, users, popularity).with_columns(now=now))
            fit_s[name].append(seconds)
        log.info("retrained", until=f"{now:%Y-%m-%d}", users=len(users))
    joined = {name: pl.concat(frames) for name, frames in results.items()}
    rows = [_timeline_row(name, per_user, n_movies, fit_s[name]) for name, per_user in joined.items()]
    return {"rows": rows, "comparisons": list(_comparisons(joined))}


def periods_to_test(
    ratings: pl.DataFrame,
    starts_at: datetime,
    period: timedelta,
    n_retrains: int,
    positive_rating: float = 4.0,
    *,
    must_reach: bool = True,
) -> Iterator[Holdout]:
    """The first `n_retrains` periods in which somebody can be tested.

    Args:
        ratings: `user_id, movie_id, rating, rated_at`, in order of time.
        starts_at: end of the bootstrap, the first moment that is tested on.
        period: time between two retrains.
        n_retrains: how many; a period in which nobody can be tested does not count.
        positive_rating: stars that count as liked.
        must_reach: fewer than `n_retrains` are an error.

    Raises:
        UsageError: there are too few.
    """
    rated_at, found = pl.col("rated_at"), 0
    last: datetime = ratings["rated_at"].to_list()[-1]
    for position in range((last - starts_at) // period + 1):
        now = starts_at + position * period
        split = Split(ratings.filter(rated_at < now), ratings.filter(rated_at.is_between(now, now + period, "left")))
        users = list(cases(split, positive_rating))
        if users:
            found += 1
            yield Holdout(now, split, users)
        if found == n_retrains:
            return
    if must_reach:
        raise UsageError(f"There are {found} periods to test on, not {n_retrains}.", "Ask for fewer retrains.")


def at_cut(ratings: pl.DataFrame, share: float, positive_rating: float = 4.0) -> Iterator[Holdout]:
    """A global temporal split: one fit on the oldest `share` of the ratings, tested on all that came later.

    Raises:
        UsageError: nobody can be tested.
    """
    now: datetime = ratings["rated_at"].to_list()[int(share * ratings.height)]
    is_past = pl.col("rated_at") < now
    split = Split(ratings.filter(is_past), ratings.filter(~is_past))
    users = list(cases(split, positive_rating))
    if not users:
        raise UsageError("Nobody after the cut can be tested.", "Cut earlier.")
    yield Holdout(now, split, users)


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
    for baseline in [each for each in BASELINES if each in per_user]:
        for name, frame in per_user.items():
            if name != baseline:
                differences = (frame["ndcg_at_10"] - per_user[baseline]["ndcg_at_10"]).to_numpy()
                low, high = bootstrap_interval(differences)
                mean = float(differences.mean())
                yield {"model": name, "baseline": baseline, "difference": mean, "low": low, "high": high}
