"""`matinee bench gate`: how often the gate errs, and how long it takes.

It asks the very functions that evaluation asks. Truth is known because it is made: real paired differences, shifted to
an effect that is stated, and real models, broken in ways that are named.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean
from typing import Any

import structlog

from matinee.bench.gate import histories, sabotage, walk
from matinee.bench.gate.timeline import Timeline
from matinee.evaluation.sample import MOST_RATINGS
from matinee.settings import Settings

log = structlog.get_logger()

Result = dict[str, Any]

ALGORITHMS = ("blend", "next_item", "als", "ease", "item_knn", "popular")
"""What takes longest first, so that no process is left with it at the end."""

SHORT = ("als", "ease", "popular")
"""Algorithms of the short form."""

N_DAYS, N_SHORT_DAYS = 30, 6
"""Days in a row on which each algorithm is fitted and examined."""

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")


def measure(settings: Settings, data: Sequence[str], *, short: bool, most_refitted: int = MOST_RATINGS) -> Result:
    """Error rates of the rule on data sets, which are named by name or path.

    Args:
        settings: a home, in whose folder `bench/` the differences that take longest are kept for the next time.
        data: at least one data set.
        short: fewer histories, days and algorithms, in a few minutes.
        most_refitted: of more ratings, the second question is asked of a sample of the people.

    Returns:
        The rates of `docs/gate.md`, worst of all pairs and data sets for errors and for days.
    """
    timelines = [Timeline.of(settings.model_copy(update={"data": name}), most_refitted) for name in data]
    timelines.sort(key=lambda each: -each.ratings.height)
    for name in _THREADS:
        os.environ.setdefault(name, "1")  # for the processes: each has a core to itself
    # Not forked: polars' threads do not survive a fork, and a child would wait for them for ever.
    with ProcessPoolExecutor(max_workers=settings.n_workers, mp_context=get_context("spawn")) as pool:
        pairs = pool.map(histories.of_pairs, timelines, [short] * len(timelines))
        n_days, algorithms = (N_SHORT_DAYS, SHORT) if short else (N_DAYS, ALGORITHMS)
        tasks = [(each, name, n_days) for name in algorithms for each in timelines]
        walks = [_told(each) for each in pool.map(walk.walk, *zip(*tasks, strict=True))]
        found = [each for some in pairs for each in some]
    return {
        **histories.summary(found),
        "refresh_let_through": fmean(day.is_let_through for each in walks for day in each.days),
        "false_rollbacks": histories.false_rollbacks(walks, short=short),
        "sabotage": sabotage.summary([each for some in walks for each in some.broken]),
    }


def _told(done: walk.Walk) -> walk.Walk:
    """A line of progress: the whole takes minutes."""
    refused = {name: each["refused"] for name, each in sabotage.summary(done.broken).items()}
    let_through = sum(day.is_let_through for day in done.days)
    log.info(
        "walked", data=done.data, algorithm=done.algorithm, days=len(done.days), let_through=let_through, **refused
    )
    return done
