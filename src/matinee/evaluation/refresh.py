"""What the gate looks at when a model is to follow the one before it: lists, people of the chunk, parts of the chunk.

Evaluation and `bench gate` call the same functions here, with a registered model or with a broken one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from matinee.artifact.axes import counting
from matinee.evaluation.decision import Check
from matinee.evaluation.evaluate import Contender, evaluate
from matinee.evaluation.evidence import Values
from matinee.evaluation.gate import LEAST_USERS_OF_DATA, METRIC, sound
from matinee.evaluation.soundness import Likeness, Probe, known_users, least_likeness, probe
from matinee.evaluation.split import Case, Said, Split, cases, history_columns

TwoFits = Callable[[pl.DataFrame], tuple[Contender, Contender]]
"""Models of the candidate's algorithm: one that has learned the past and these first ratings of the chunk, one without.
"""


@dataclass(frozen=True)
class Examined:
    """What came out of examining a candidate."""

    checks: Sequence[Check]
    probe: Probe | None
    """None when there was nobody to ask for."""


def examine(
    candidate: Contender,
    previous: Contender | None,
    split: Split,
    users: Sequence[Case],
    past: Sequence[Likeness],
    second_fit: Callable[[], Contender],
) -> Examined:
    """The first question about a candidate, as it was loaded from the registry.

    Args:
        candidate: the model; it has learned past and chunk.
        previous: a model of the same configuration that has not learned the chunk; None when there is none.
        split: past of the `known_users`, what came late with the chunk included, and chunk.
        users: the cases of the chunk.
        past: likeness of earlier models of the configuration with the one before them, oldest first.
        second_fit: fits the same algorithm on the same ratings again; called only when the lists have changed much.
    """
    asked = known_users(candidate, previous, set(split.holdout["user_id"]))
    found = probe(candidate, previous, _histories(split, asked), _newest(split)) if asked else None
    served = np.zeros(0) if previous is None else differences(candidate, previous, users)
    return Examined(
        sound(found, least_likeness(past), served, lambda: _repeated(candidate, second_fit(), asked)), found
    )


def differences(candidate: Contender, other: Contender, users: Sequence[Case]) -> Values:
    """Differences in NDCG@10 of each case, both models getting the history as a stranger's, shape (n_cases,).

    So a model that has learned the answers may still give them: what it has seen is not left out.
    """
    own, others = (evaluate(each.among_strangers(), users)[METRIC].to_numpy() for each in (candidate, other))
    return np.asarray(own - others)


def of_newest_data(split: Split, positive_rating: float, models: TwoFits) -> Values | None:
    """The second question: differences on the rest of a chunk of a model that has learned its first half.

    Args:
        split: past of the chunk's users, and chunk.
        positive_rating: stars that count as liked.
        models: with the first half and without it; called only when the rest is large enough.

    Returns:
        One value a user; None when there are too few (`gate.LEAST_USERS_OF_DATA`).
    """
    ordered = split.holdout.sort("rated_at", "user_id", "movie_id")
    middle = ordered["rated_at"].to_list()[ordered.height // 2] if ordered.height else None
    if middle is None:
        return None
    first, rest = ordered.filter(pl.col("rated_at") < middle), ordered.filter(pl.col("rated_at") >= middle)
    columns = ["user_id", *history_columns(split)]
    known = pl.concat([split.past.select(columns), first.select(columns)])
    users = list(cases(Split(known, rest.select(columns)), positive_rating))
    if first.is_empty() or len(users) < LEAST_USERS_OF_DATA:
        return None
    return differences(*models(first), users)


def _histories(split: Split, users: Sequence[str]) -> Mapping[str, Said]:
    """What a model that learned past and chunk knows of users: of several ratings of one movie the one that counts."""
    columns = ["user_id", *history_columns(split)]
    ratings = pl.concat([part.filter(pl.col("user_id").is_in(users)).select(columns) for part in split])
    by_user = counting(ratings).sort("user_id", maintain_order=True)
    counts = by_user["user_id"].rle().struct.unnest()
    histories = Said.of(by_user).of_each(counts["len"])
    found = dict(zip(counts["value"].cast(pl.String), histories, strict=True))
    return {user: found.get(user, Said.of(by_user.clear())) for user in users}


def _newest(split: Split) -> datetime | None:
    """When the chunk's last rating was given: the moment at which both models are asked."""
    newest: datetime | None = split.holdout["rated_at"].max()  # type: ignore[assignment]  # polars knows no dtypes
    return newest


def _repeated(candidate: Contender, again: Contender, users: Sequence[str]) -> float:
    both = [user for user in users if user in again.user_index]
    if not both:
        return 0.0
    return Likeness.of(*([each.movie_ids for each in model.listed(both)] for model in (candidate, again))).overlap
