"""Weights of a blend that follow the ratings: what did best on the newest of them is what is used next.

How much it helps to show what is new, and to hold back what everybody knows, differs from catalogue to catalogue and
from season to season. So the personal part is fitted on all but the newest ratings, and then walks through those as
the loop itself would: in steps, each ranking what came in it for the people who gave it, next to the popularity of
that moment. Nothing of a step is known before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from matinee.metrics import ndcg_at_k
from matinee.models.interactions import Interactions
from matinee.models.recommender import Fitted
from matinee.ranking import Floats, History, RankingModel, UserRef, top_k

STEPS = 10
K = 10
MIN_USERS = 30
"""Fewer people than this say nothing about weights."""
MAX_USERS = 100
"""More people than this in one step say no more; those asked are drawn at random."""
SEED = 1


class Trial(NamedTuple):
    """One person at one step."""

    history: History
    truth: set[int]
    """Rows of the movies liked next, none of them in the history."""


class ForwardStep(NamedTuple):
    """A stretch of time: what was known when it began, and what people did in it."""

    past: Interactions
    trials: Sequence[Trial]


def steps(interactions: Interactions, share: float) -> list[ForwardStep]:
    """The newest `share` of the ratings, in `STEPS` stretches of equal length."""
    rated_at = interactions.histories.rated_at
    start, end = np.quantile(rated_at, 1 - share), rated_at.max() + 1
    bounds = np.linspace(start, end, STEPS + 1).astype(np.int64)
    found = [
        ForwardStep(interactions.before(int(begins)), list(_trials(interactions, int(begins), int(ends))))
        for begins, ends in pairwise(bounds)
    ]
    return [step for step in found if step.trials and len(step.past.histories.items)]


def ndcg_of_weights(personal: Fitted, walked: Sequence[ForwardStep], popularities: Sequence[Floats]) -> Floats:
    """NDCG@10 of each trial with each of several popularities added to what is personal.

    Args:
        personal: a blend fitted before the first step.
        walked: the steps.
        popularities: for each step the weighted popularities to try, shape (n_tried, n_movies).

    Returns:
        Shape (n_trials, n_tried).
    """
    values = []
    for step, tried in zip(walked, popularities, strict=True):
        moved_on = {**personal.parameters, "data_through": step.past.data_through.timestamp()}
        model = replace(personal, parameters=moved_on).complete(step.past).ranking_model()
        values += [_ndcg(model, trial, tried) for trial in step.trials]
    return np.array(values, np.float32)


def _ndcg(model: RankingModel, trial: Trial, tried: Floats) -> list[float]:
    scored = None if model.scorer is None else model.scorer.score(UserRef(trial.history))
    unseen = np.ones(tried.shape[1], bool)
    unseen[trial.history.items] = False
    lists = (top_k(each if scored is None else scored.scores + each, K, unseen).tolist() for each in tried)
    return [ndcg_at_k(ranked, trial.truth, K) for ranked in lists]


def _trials(interactions: Interactions, begins: int, ends: int) -> Iterator[Trial]:
    """As `evaluation.split.cases` makes them: a newcomer's first half is the history, the rest the truth."""
    histories = interactions.histories
    inside = (histories.rated_at >= begins) & (histories.rated_at < ends)
    users = np.unique(np.repeat(np.arange(len(histories)), np.diff(histories.offsets))[inside])
    for user in np.random.default_rng(SEED).permutation(users)[:MAX_USERS]:
        known = histories.of(int(user))
        first, last = np.searchsorted(known.rated_at, [begins, ends])
        middle = first or last // 2
        history, future = _part(known, 0, middle), _part(known, middle, last)
        liked = future.rated_at_least(interactions.positive_rating)
        if len(history) and len(liked):
            yield Trial(history, set(liked.items.tolist()))


def _part(history: History, start: int, end: int) -> History:
    return History(history.items[start:end], history.ratings[start:end], history.rated_at[start:end])
