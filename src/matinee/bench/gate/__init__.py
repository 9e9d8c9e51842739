"""`matinee bench gate`: how often the gate errs, and how long it takes.

It asks the very functions that evaluation asks. Truth is known because it is made: real paired differences, shifted to
an effect that is stated, and real models, broken in ways that are named.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean
from typing import Any

from matinee.bench.gate import histories, sabotage, walk
from matinee.bench.gate.timeline import Timeline
from matinee.settings import Settings

Result = dict[str, Any]

WALKS = {"als": 60, "ease": 60, "popular": 60, "item_knn": 30, "next_item": 30, "blend": 30}
"""Days in a row on which each algorithm is fitted and examined; a tenth of them, at least four, in the short form."""

SHORT = ("als", "ease", "popular")
"""Algorithms of the short form."""


def measure(settings: Settings, data: Sequence[str], *, short: bool) -> Result:
    """Error rates of the rule on data sets, which are named by name or path.

    Args:
        settings: a home, in whose folder `bench/` the differences that take longest are kept for the next time.
        data: at least one data set.
        short: fewer histories, days and algorithms, in a few minutes.

    Returns:
        The rates of `docs/gate.md`, worst of all pairs and data sets for errors and for days.
    """
    timelines = [Timeline.of(settings.model_copy(update={"data": name})) for name in data]
    # Not forked: polars' threads do not survive a fork, and a child would wait for them for ever.
    with ProcessPoolExecutor(max_workers=settings.n_workers, mp_context=get_context("spawn")) as pool:
        pairs = pool.map(histories.of_pairs, timelines, [short] * len(timelines))
        tasks = [(each, name, _n_days(name, short=short)) for each in timelines for name in _algorithms(short=short)]
        walks = list(pool.map(walk.walk, *zip(*tasks, strict=True)))
        found = [each for some in pairs for each in some]
    return {
        **histories.summary(found),
        "refresh_let_through": fmean(day.is_let_through for each in walks for day in each.days),
        "false_rollbacks": histories.false_rollbacks(walks, short=short),
        "sabotage": sabotage.summary([each for some in walks for each in some.broken]),
    }


def _algorithms(*, short: bool) -> Sequence[str]:
    return SHORT if short else list(WALKS)


def _n_days(algorithm: str, *, short: bool) -> int:
    return max(4, WALKS[algorithm] // 10) if short else WALKS[algorithm]
