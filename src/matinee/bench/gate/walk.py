"""A walk through consecutive days: each day a fit, written and loaded as an artifact, examined as evaluation does.

On some days model and data are broken as well, in every way of `sabotage`, and examined again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from matinee.bench.gate import sabotage
from matinee.bench.gate.examination import Examination
from matinee.bench.gate.timeline import Timeline
from matinee.bench.gate.training import train
from matinee.evaluation import refresh
from matinee.evaluation.evaluate import Contender
from matinee.evaluation.soundness import Likeness

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
    done, past = Walk(timeline.name, algorithm), list[Likeness]()
    previous = train(timeline, algorithm, timeline.split(0).past, -1, None)
    broken_on = set(np.linspace(0, n_days - 1, N_BROKEN_DAYS).astype(int).tolist())
    for number in range(n_days):
        split = timeline.split(number)
        if split.holdout.is_empty():
            continue
        day = Examination(timeline, algorithm, number, split, previous, past)
        candidate = day.candidate.registered
        let_through, likeness = day.verdict(candidate)
        later = _next_day(timeline, number, candidate, previous.registered)
        done.days.append(Day(number, let_through, likeness, *later))
        if number in broken_on:
            done.broken.extend(sabotage.caught(day))
        past += [] if likeness is None else [likeness]
        previous = day.candidate
    return done


def _next_day(
    timeline: Timeline, number: int, newer: Contender, older: Contender
) -> tuple[Sequence[str], Sequence[float]]:
    users = timeline.cases(timeline.split(number + 1))
    return [each.user_id for each in users], refresh.differences(newer, older, users).tolist() if users else []
