"""What a home of watches, likes or purchases loses against one of stars: the same people, with and without their stars.

    python bench/events.py ml-100k ../shared/data/ml-1m-half

Every set of events is made of the same ratings, and learned as matinee learns it, with the default
`MATINEE_EVENT_WEIGHTS`. All are tested on the same people and the same truth, what they rate with four stars or more
after the cut, and lists are ranked as the server ranks them.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.intervals import bootstrap_interval
from matinee.evaluation.quality import Holdout, at_cut
from matinee.evaluation.split import Case
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.ratings.events import EVENT, event_weights, learned
from matinee.ratings.sources import prepare
from matinee.settings import Settings

COLUMNS = ("user_id", "movie_id", "rating", "rated_at")
LIKED_FROM = 4.0
CUTS = (0.7, 0.8, 0.9)
"""Oldest shares of the ratings that are learned from; what comes after each is tested on."""

SHARE_WATCHED: Mapping[float, float] = {1: 0.1, 2: 0.3, 3: 0.6, 4: 0.9, 5: 1.0}
"""How much of a movie somebody watches who gives it so many stars: made up, the more the better they like it."""


class EventSet(NamedTuple):
    """Events that are made of ratings."""

    event: pl.Expr
    of: pl.Expr = pl.lit(value=True)
    """Which ratings become one."""
    value: pl.Expr = pl.lit(None, pl.Float32)


_IS_LIKED = pl.col("rating") >= LIKED_FROM
_SHARE = pl.col("rating").ceil().replace_strict(SHARE_WATCHED, return_dtype=pl.Float32)
_BOTH = pl.when(_IS_LIKED).then(pl.lit("like")).otherwise(pl.lit("dislike"))

SETS: Mapping[str, EventSet] = {
    "stars": EventSet(pl.lit("rating"), value=pl.col("rating")),
    "a like from four stars on, else a dislike": EventSet(_BOTH),
    "a like from four stars on": EventSet(pl.lit("like"), _IS_LIKED),
    "a purchase from four stars on": EventSet(pl.lit("purchase"), _IS_LIKED),
    "a watch with its share from four stars on": EventSet(pl.lit("watch"), _IS_LIKED, _SHARE),
    "a watch with its share of every rating": EventSet(pl.lit("watch"), value=_SHARE),
    "a watch without a value of every rating": EventSet(pl.lit("watch")),
}
"""By what a row of the table says."""


def main() -> None:
    """Measure and print a table of each data set."""
    parser = argparse.ArgumentParser(description="What events are worth beside stars.")
    parser.add_argument("data", nargs="+", help="data sets, by name or path")
    parser.add_argument("--model", default="blend")
    asked = parser.parse_args()
    for data in asked.data:
        with tempfile.TemporaryDirectory() as home:
            settings = Settings(home=Path(home), data=data, _env_file=None)
            source = prepare(settings)
            ratings, movies = source.ratings().select(COLUMNS).sort("rated_at"), source.movies()["movie_id"].to_list()
            weights = event_weights(settings)
        print(
            f"\n{Path(data).name}, {asked.model}\n\n| learned from | NDCG@10 | above stars, 95 % |\n| --- | --- | --- |"
        )
        holdouts = [holdout for cut in CUTS for holdout in at_cut(ratings, cut, LIKED_FROM)]
        of_stars: np.ndarray | None = None
        for name, what in SETS.items():
            values = np.concatenate([measured(each, movies, what, weights, asked.model) for each in holdouts])
            of_stars = values if of_stars is None else of_stars
            low, high = bootstrap_interval(values - of_stars)
            print(f"| {name} | {values.mean():.4f} | {(values - of_stars).mean():+.4f} [{low:+.4f}, {high:+.4f}] |")


def measured(
    holdout: Holdout, movies: list[str], what: EventSet, weights: Mapping[str, float], name: str
) -> np.ndarray:
    """NDCG@10 of everyone tested, with a model and histories of a set of events."""
    past = as_learned(holdout.split.past, what, weights)
    interactions = Interactions.from_ratings(past, movies, LIKED_FROM, holdout.now)
    contender = Contender.of(
        fit(recommender(name), interactions).ranking_model(), interactions.user_ids, interactions.movie_ids
    )
    lists = evaluate(contender, list(histories(holdout.users, what, weights)))
    return lists["ndcg_at_10"].to_numpy()


def histories(cases: list[Case], what: EventSet, weights: Mapping[str, float]) -> Iterator[Case]:
    """The same people, whose histories are of a set of events; whom it leaves without one is asked about too."""
    for case in cases:
        yield replace(case, history=as_learned(case.history, what, weights))


def as_learned(ratings: pl.DataFrame, what: EventSet, weights: Mapping[str, float]) -> pl.DataFrame:
    """Ratings as the events of a set, as matinee learns them."""
    events = ratings.filter(what.of).with_columns(rating=what.value.cast(pl.Float32), event=what.event.cast(EVENT))
    return learned(events.lazy(), weights).collect()


if __name__ == "__main__":
    main()
