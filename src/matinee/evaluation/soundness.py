"""Whether the registered bytes are a sound model: the first question of the gate.

A model is what its server makes of it, so it is asked for lists, through `ranking.recommend` as the server asks. Of
each known user two lists are made, one from what the model has learned of them and one from their history, which it
gets as anybody's: they agree, or rows and histories don't belong together. And the lists of two days in a row are
alike, because a day adds little to a long past; how alike is measured in each home, on its own past days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import numpy as np

from matinee.evaluation.evaluate import Contender, Listed
from matinee.evaluation.split import Said

N_USERS = 500
"""Known users who are asked for."""

LEAST_AGREEMENT = 0.98
"""Overlap of what was learned of a user with the fold-in of their history; they differ by rounding alone."""

CALIBRATED_DAYS, MEMORY_DAYS = 10, 60
"""Past days from which a home knows what is usual, and how many of them it looks at."""

DEVIATIONS, LEAST_SPREAD = 5.0, 0.01
"""How far below the usual a day may be, in standard deviations, of which one is at least this."""

P = 0.9
"""Persistence of rank-biased overlap: with .9 the first ten places have 86 % of the weight."""


@dataclass(frozen=True)
class Likeness:
    """How much lists resemble others, from 0 to 1, mean over users."""

    overlap: float
    """Share of the movies of one list that are in the other."""
    rbo: float
    """Rank-biased overlap, for which the first places count most."""

    @classmethod
    def of(cls, lists: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> "Likeness":
        """Of as many lists as others, at least one of each."""
        pairs = list(zip(lists, others, strict=True))
        shared = [len(set(own) & set(other)) / max(len(own), len(other), 1) for own, other in pairs]
        return cls(float(np.mean(shared)), float(np.mean([rank_biased_overlap(*pair) for pair in pairs])))


def rank_biased_overlap(one: Sequence[str], other: Sequence[str], p: float = P) -> float:
    """Rank-biased overlap of two lists, extrapolated beyond their end (1 for equal lists).

    Source: Webber, Moffat & Zobel, "A similarity measure for indefinite rankings" (2010), equation 30 for lists of one
    length: `X_k/k p^k + (1 - p)/p Σ_d X_d/d p^d`, where X_d is how many movies the first d places share.
    """
    depth = min(len(one), len(other))
    if depth == 0:
        return float(len(one) == len(other))
    shared = [len(set(one[:d]) & set(other[:d])) for d in range(1, depth + 1)]
    total = sum(agreed / d * p**d for d, agreed in enumerate(shared, 1))
    return shared[-1] / depth * p**depth + (1 - p) / p * total


FLOOR = Likeness(0.75, 0.7)
"""What two days in a row have to resemble each other at least; all that is asked for while a home is young.

Measured on ml-100k and ml-1m-half (`docs/gate.md`): sound neighbours .84 and more, broken ones .76 and less.
"""


@dataclass(frozen=True)
class Probe:
    """What a model answered to known users."""

    n_users: int
    agreement: float
    """Overlap of what it learned of them with the fold-in of their history."""
    likeness: Likeness | None
    """Of its lists with those of the model before it; None when there is none."""
    is_finite: bool
    """No score was NaN or infinite."""
    is_constant: bool
    """Within each list all scores were equal."""


def known_users(candidate: Contender, previous: Contender | None, chunk_users: Collection[str]) -> list[str]:
    """At most `N_USERS` users of both models, spread over all; those of whom the chunk says nothing, if there are any.

    Args:
        candidate: the model that learned the chunk.
        previous: the model that did not.
        chunk_users: who is in the chunk.
    """
    known = set(candidate.user_index) if previous is None else set(candidate.user_index) & set(previous.user_index)
    calm = sorted(known.difference(chunk_users)) or sorted(known)
    return [calm[place] for place in np.unique(np.linspace(0, len(calm) - 1, min(N_USERS, len(calm))).astype(int))]


def probe(
    candidate: Contender, previous: Contender | None, histories: Mapping[str, Said], now: datetime | None = None
) -> Probe:
    """Ask a model, and the one before it, for the lists of known users.

    Args:
        candidate: the model in question, as it was loaded from the registry.
        previous: the model before it.
        histories: by user id, for users known to both and at least one: all that the candidate was to learn of them;
            from the ledger, not from the artifact.
        now: when both are asked; None for the end of the ratings of each.
    """
    answers = candidate.listed(histories, now)
    lists, scores = [each.movie_ids for each in answers], [each.scores for each in answers]

    def likeness_of(others: Sequence[Listed]) -> Likeness:
        return Likeness.of(lists, [each.movie_ids for each in others])

    return Probe(
        n_users=len(histories),
        agreement=likeness_of(candidate.listed(histories.values(), now)).overlap,
        likeness=None if previous is None else likeness_of(previous.listed(histories, now)),
        is_finite=all(bool(np.isfinite(own).all()) for own in scores),
        is_constant=all(len(own) > 1 and float(np.ptp(own)) == 0 for own in scores),
    )


def least_likeness(past: Sequence[Likeness]) -> Likeness:
    """What the likeness of two days in a row has to reach in this home.

    From `CALIBRATED_DAYS` past days on, their median less `DEVIATIONS` times their spread, where that is the median
    absolute deviation on the scale of a standard deviation and at least `LEAST_SPREAD`; before, and never less than,
    `FLOOR`.

    Args:
        past: what sound models of the same configuration had on their days, newest last.
    """
    recent = past[-MEMORY_DAYS:]
    if len(recent) < CALIBRATED_DAYS:
        return FLOOR
    return Likeness(
        max(FLOOR.overlap, _usual_low([each.overlap for each in recent])),
        max(FLOOR.rbo, _usual_low([each.rbo for each in recent])),
    )


def _usual_low(values: Sequence[float]) -> float:
    middle = median(values)
    spread = 1.4826 * median(abs(value - middle) for value in values)
    return middle - DEVIATIONS * max(spread, LEAST_SPREAD)
