"""Weights of a blend that follow the ratings: what did best on the newest of them is what is used next.

How much it helps to show what is new, and to hold back what everybody knows, differs from catalogue to catalogue and
from season to season. So the personal part is fitted on all but the newest ratings, and then walks through those as
the loop itself would: in steps, each ranking what came in it for the people who gave it, next to the popularity of
that moment. Nothing of a step is known before it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from matinee.models.interactions import Interactions
from matinee.ranking import Floats, History, RankingModel, UserRef
from matinee.ranking.blend import standardized

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
    """A stretch of time: when it began, and what people did in it."""

    interactions: Interactions
    """All of them, what came later as well."""
    begins: int
    """Seconds since 1970 (UTC)."""
    trials: Sequence[Trial]

    def past(self) -> Interactions:
        """What was known when it began; a copy, so that not all steps hold theirs at a time."""
        return self.interactions.before(self.begins)


class Voice(NamedTuple):
    """A candidate for a part of a blend."""

    model: RankingModel
    fresh_days: float
    """See `ranking.Component.fresh_days`."""


def steps(interactions: Interactions, share: float) -> list[ForwardStep]:
    """The newest `share` of the ratings, in `STEPS` stretches of equal length.

    A live rating that was given after the time the data set covers is of its end (`Interactions.age_days_of`).
    """
    rated_at = np.minimum(interactions.histories.rated_at, int(interactions.data_through.timestamp()))
    start, end = np.quantile(rated_at, 1 - share), rated_at.max() + 1
    bounds = np.linspace(start, end, STEPS + 1).astype(np.int64)
    found = [
        ForwardStep(interactions, int(begins), list(_trials(interactions, int(begins), int(ends))))
        for begins, ends in pairwise(bounds)
        if begins > rated_at.min()
    ]
    return [step for step in found if step.trials]


def ndcg_of_weights(
    voices: Sequence[Voice], walked: Sequence[ForwardStep], popularities: Sequence[Floats], weights: Floats
) -> Floats:
    """NDCG@10 of each trial with each of several weighted sums.

    Args:
        voices: what is personal, fitted before the first step; of each the standardized scores are summed.
        walked: the steps.
        popularities: for each step the popularities to add, shape (n_popularities, n_movies).
        weights: to try, of the voices and then of the popularities, shape (n_tried, n_voices + n_popularities).

    Returns:
        Shape (n_trials, n_tried).
    """
    values = [
        _ndcg(weights @ np.concatenate([_personal(voices, trial, step), popularity]), trial)
        for step, popularity in zip(walked, popularities, strict=True)
        for trial in step.trials
    ]
    return np.array(values, np.float32)


def _personal(voices: Sequence[Voice], trial: Trial, step: ForwardStep) -> Floats:
    """Scores of each voice, as much as it counts for a history so old, shape (n_voices, n_movies)."""
    age_days = max(0.0, step.begins - float(trial.history.rated_at[-1])) / 86_400
    scores = np.zeros((len(voices), step.interactions.n_movies), np.float32)
    for row, (model, fresh_days) in zip(scores, voices, strict=True):
        scored = None if model.scorer is None else model.scorer.score(UserRef(trial.history))
        if scored is not None:
            row[:] = np.exp(-age_days / fresh_days) * standardized(scored.scores)[0]
    return scores


def _ndcg(scores: Floats, trial: Trial) -> Floats:
    """NDCG@10 of each row of scores, shape (n_tried, n_movies); they are overwritten."""
    scores[:, trial.history.items] = -np.inf
    k = min(K, scores.shape[1] - len(trial.history))
    top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    hits = np.isin(np.take_along_axis(top, order, axis=1), list(trial.truth))
    discounts = 1 / np.log2(np.arange(2, K + 2))
    gains: Floats = (hits @ discounts[:k] / discounts[: len(trial.truth)].sum()).astype(np.float32)
    return gains


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
    return history.part(slice(start, end))
