"""One list for several people, by what is expected of each of them.

Scores of one user are on another scale than those of another, so each user's are brought to mean 0 and deviation 1
over the catalogue first. Then they are put together as Masthoff compares it ("Group recommender systems: combining
individual models", 2011):

- `average`: the mean of all members. Best for the group as a whole, and one may have to bear much.
- `least_misery`: what the member expects whom a movie suits least (as PolyLens does: O'Connor et al., "PolyLens: a
  recommender system for groups of users", 2001). Nobody suffers.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .blend import standardized
from .model import RankingModel
from .recommend import Ranking, Reason, strongest_reasons
from .reorder import reordered
from .request import ListRequest
from .scorer import Scored
from .types import Floats, Policy, Rows

Aggregation = Literal["average", "least_misery"]


def recommend_to_group(model: RankingModel, members: Sequence[ListRequest], aggregation: Aggregation) -> Ranking:
    """Best movies for all `members` together.

    Args:
        model: what ranks.
        members: a request for each, alike but for the users; a movie that one of them may not get is in no list.
        aggregation: how expectations are put together.

    Returns:
        The list. Its reasons are ratings of those who decide: the member who expects least of a movie for
        `least_misery`, who expects most for `average`.
    """
    scored = [None if model.scorer is None else model.scorer.score(each.user) for each in members]
    scores = np.stack([standardized(model.popularity if each is None else each.scores)[0] for each in scored])
    together = scores.mean(axis=0) if aggregation == "average" else scores.min(axis=0)
    allowed = np.logical_and.reduce([each.allowed(model.n_movies) for each in members])
    items, values = reordered(together, model.popularity, allowed, members[0], lambda rows: _explained(scored, rows))
    deciding = scores[:, items].argmax(axis=0) if aggregation == "average" else scores[:, items].argmin(axis=0)
    reasons = _reasons(members, scored, items, deciding.tolist()) if members[0].reasons else None
    return Ranking(_policy(members, scored), items, values, reasons)


def _explained(scored: Sequence[Scored | None], rows: Rows) -> Floats | None:
    parts = [part for each in scored if each is not None and (part := each.explain(rows)) is not None]
    return np.concatenate(parts) if parts else None


def _reasons(
    members: Sequence[ListRequest], scored: Sequence[Scored | None], items: Rows, deciding: list[int]
) -> list[Reason | None]:
    """For each movie of the list, or of its page, what speaks most for it among the ratings of the deciding member."""
    start, end = members[0].page or (0, len(items))
    reasons: list[Reason | None] = [None] * len(items)
    for member in set(deciding[start:end]):
        places = [place for place in range(start, min(end, len(items))) if deciding[place] == member]
        found = strongest_reasons(items[places], members[member].user.history, scored[member])
        for place, reason in zip(places, found, strict=True):
            reasons[place] = reason and reason._replace(member=member)
    return reasons


def _policy(members: Sequence[ListRequest], scored: Sequence[Scored | None]) -> Policy:
    """`popular` where nothing is known of anybody, `learned` where the model knew all of everybody."""
    if all(each is None for each in scored):
        return "popular"
    is_learned = all(each is not None for each in scored) and all(each.user.user_index is not None for each in members)
    return "learned" if is_learned else "fold_in"
