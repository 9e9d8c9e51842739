"""Whether the registered bytes are a sound model: the first question of the gate.

A model is what its server makes of it, so it is asked for lists, through `ranking.recommend` as the server asks. Of
each known user two lists are made, one from what the model has learned of them and one from their history, which it
gets as anybody's: they agree, or rows and histories don't belong together. And the lists of two days in a row are
alike, because a day adds little to a long past; how alike is measured in each home, on its own past days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl

from matinee.evaluation.evaluate import K, Contender

N_USERS = 500
"""Known users who are asked for."""

LEAST_AGREEMENT = 0.98
"""Overlap of what was learned of a user with the fold-in of their history; they differ by rounding alone."""

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


@dataclass(frozen=True)
class Probe:
    """What a model answered to known users."""

    agreement: float
    """Overlap of what it learned of them with the fold-in of their history."""
    likeness: Likeness | None
    """Of its lists with those of the model before it; None when there is none."""
    n_users: int
    is_finite: bool
    """No score was NaN or infinite."""
    is_constant: bool
    """Within each list all scores were equal."""


def known_users(candidate: Contender, previous: Contender | None, chunk: pl.DataFrame) -> list[str]:
    """At most `N_USERS` users of both models, spread over all; those of whom the chunk says nothing new, if any are.

    Args:
        candidate: the model that learned the chunk.
        previous: the model that did not.
        chunk: `user_id` and whatever else.
    """
    known = set(candidate.user_index) if previous is None else set(candidate.user_index) & set(previous.user_index)
    calm = sorted(known - set(chunk["user_id"])) or sorted(known)
    if not calm:
        return []
    return [calm[place] for place in np.unique(np.linspace(0, len(calm) - 1, min(N_USERS, len(calm))).astype(int))]


def probe(
    candidate: Contender, previous: Contender | None, users: Sequence[str], histories: Mapping[str, pl.DataFrame]
) -> Probe:
    """Ask a model, and the one before it, for the lists of known users.

    Args:
        candidate: the model in question, as it was loaded from the registry.
        previous: the model before it.
        users: at least one, known to both.
        histories: of each of them `movie_id, rating, rated_at`, all that the candidate was to learn from, by user id;
            from the ledger, not from the artifact.
    """
    answers = [candidate.listed(user, None) for user in users]
    lists = [list(movies) for movies, _ in answers]
    folded = [list(candidate.listed(None, histories[user])[0]) for user in users]
    scores = [own for _, own in answers]
    before = None if previous is None else [list(previous.listed(user, None)[0]) for user in users]
    return Probe(
        agreement=Likeness.of(lists, folded).overlap,
        likeness=None if before is None else Likeness.of(lists, before),
        n_users=len(users),
        is_finite=all(np.isfinite(own).all() for own in scores),
        is_constant=all(len(own) > 1 and own.max() == own.min() for own in scores),
    )
