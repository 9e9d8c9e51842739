"""A walk through consecutive days: each day a fit, written and loaded as an artifact, examined as evaluation does.

On some days the model is broken as well, in every way of `sabotage.BREAKS`, and examined again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from matinee.bench.gate import sabotage
from matinee.bench.gate.examination import Examination, registered
from matinee.bench.gate.timeline import Timeline
from matinee.evaluation import refresh
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.soundness import Likeness
from matinee.evaluation.split import cases
from matinee.models.base import fit, recommender

N_BROKEN_DAYS = 3
"""Days of a walk, spread over it, on which models are broken."""


@dataclass(frozen=True)
class Day:
    """What came out of one day."""

    number: int
    is_let_through: bool
    likeness: Likeness | None
    users: Sequence[str]
    """Who was there on the day after."""
    newer_minus_older: Sequence[float]
    """What this day's model gave them more, in NDCG@10, than that of the day before."""


@dataclass(frozen=True)
class Walk:
    """The days of one algorithm on one data set."""

    data: str
    algorithm: str
    days: list[Day] = field(default_factory=list)
    broken: list[sabotage.Caught] = field(default_factory=list)


def walk(timeline: Timeline, algorithm: str, n_days: int) -> Walk:
    """Walk through the first `n_days` days after the bootstrap."""
    done = Walk(timeline.name, algorithm)
    previous, past = _registered(timeline, algorithm, timeline.split(0).past, 0), list[Likeness]()
    broken_on = set(np.linspace(0, n_days - 1, N_BROKEN_DAYS).astype(int).tolist())
    for number in range(n_days):
        split = timeline.split(number)
        if split.holdout.is_empty():
            continue
        day = Examination(timeline, algorithm, number, split, previous, past)
        candidate = _registered(timeline, algorithm, pl.concat(split), number + 1)
        let_through, likeness = day.verdict(candidate)
        done.days.append(Day(number, let_through, likeness, *_next_day(timeline, number, candidate, previous)))
        if number in broken_on:
            done.broken.extend(sabotage.caught(day))
        past += [] if likeness is None else [likeness]
        previous = candidate
    return done


def _registered(timeline: Timeline, algorithm: str, ratings: pl.DataFrame, day: int) -> Contender:
    interactions = timeline.interactions(ratings, timeline.begins(day))
    return registered(timeline, algorithm, fit(recommender(algorithm), interactions), interactions)


def _next_day(
    timeline: Timeline, number: int, newer: Contender, older: Contender
) -> tuple[Sequence[str], Sequence[float]]:
    users = list(cases(timeline.split(number + 1), timeline.positive_rating))
    return [each.user_id for each in users], refresh.differences(newer, older, users).tolist() if users else []
