"""One algorithm trained day after day as `train` does: choices are kept for a week, and it starts from yesterday's."""

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from matinee import artifact
from matinee.bench.gate.timeline import Timeline
from matinee.evaluation.evaluate import Contender
from matinee.models.base import Fitted, Interactions, fit, recommender
from matinee.models.choices import ChoiceBasis, Choices, Choosing, chosen


@dataclass(frozen=True)
class Trained:
    """A model of one day."""

    timeline: Timeline
    algorithm: str
    interactions: Interactions
    fitted: Fitted
    choices: Choices | None
    """None for an algorithm that makes none."""

    @cached_property
    def registered(self) -> Contender:
        """As the server loads it: from the bytes of its artifact; raises `BadData` when these do not load."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / artifact.FOLDER
            artifact.write(target, self.fitted.contents(self.algorithm, self.interactions, 1), self.timeline.movies)
            loaded = artifact.load(target)
        return Contender(loaded.model, dict(loaded.user_index), loaded.item_index)

    @cached_property
    def fresh(self) -> Contender:
        """As it was fitted."""
        return Contender.of(self.fitted.ranking_model(), self.interactions.user_ids, self.interactions.movie_ids)


def train(timeline: Timeline, algorithm: str, ratings: pl.DataFrame, day: int, before: Trained | None) -> Trained:
    """Fit on ratings that end when a day ends; with the choices of the model before while they last.

    Args:
        timeline: where the ratings are from.
        algorithm: its name.
        ratings: what is learned.
        day: -1 for the bootstrap.
        before: what is in production; None for nothing.
    """
    interactions = timeline.interactions(ratings, timeline.begins(day + 1))
    choices = _choices(algorithm, interactions, day, before)
    return refitted(timeline, algorithm, interactions, choices, before)


def refitted(
    timeline: Timeline, algorithm: str, interactions: Interactions, choices: Choices | None, before: Trained | None
) -> Trained:
    """Fit with choices that were made."""
    start = None if before is None else before.registered
    fitted = fit(chosen(recommender(algorithm), choices), interactions, start)
    return Trained(timeline, algorithm, interactions, fitted, choices)


def _choices(algorithm: str, interactions: Interactions, day: int, before: Trained | None) -> Choices | None:
    choosing = recommender(algorithm)
    if not isinstance(choosing, Choosing):
        return None
    n_ratings = len(interactions.histories.items)
    now = ChoiceBasis(day + 2, interactions.data_through, n_ratings, interactions.positive_rating, ())
    kept = before.choices if before else None
    return kept if kept and not kept.due(now) else Choices(choosing.choices(interactions), now)
