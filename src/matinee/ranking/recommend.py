"""From a user's history to a ranked list of movies: the one function that evaluation and the server share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .history import History
from .model import RankingModel
from .reorder import reordered
from .request import ListRequest
from .scorer import Scored, TopK
from .topk import top_k
from .types import Floats, Mask, Policy, Rows


class Reason(NamedTuple):
    """What speaks most for a movie in a list."""

    item: int
    """Matrix row of a movie that the user rated."""
    contribution: float
    """What its rating adds to the score, on the scale of the scores; more than that of every other rating."""
    member: int | None = None
    """Of a group, the place of the member who rated it; see `ranking.group`."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranked list and how it was made."""

    policy: Policy
    items: Rows
    """Matrix rows, best first, shape (≤ k,)."""

    scores: Floats
    """Score of each, comparable within this list only."""

    reasons: list[Reason | None] | None = None
    """For each movie the rated one that speaks most for it, if one does; None when nobody asked for reasons."""


def recommend(
    model: RankingModel,
    user_index: int | None,
    news: History | None = None,
    k: int = 10,
    *,
    candidates: Mask | None = None,
    exclude_seen: bool = True,
    reasons: bool = False,
) -> Ranking:
    """Best `k` movies for a user; see `RankingModel.user` and `ListRequest` for what is given.

    Returns:
        The list. Equal scores are ordered by matrix row, so the same request always gets the same answer.
    """
    user = model.user(user_index, news)
    request = ListRequest(user, k, candidates=candidates, exclude_seen=exclude_seen, reasons=reasons)
    return recommend_many(model, [request])[0]


def recommend_many(model: RankingModel, requests: Sequence[ListRequest]) -> list[Ranking]:
    """A list for each request: what it gets alone, and faster than one by one."""
    if any(request.is_reordered for request in requests):
        return [
            _reordered(model, request) if request.is_reordered else recommend_many(model, [request])[0]
            for request in requests
        ]
    found = [None] * len(requests) if model.scorer is None else model.scorer.top(requests)
    return [
        _popular(model, request) if top is None else _personal(model, request, top)
        for request, top in zip(requests, found, strict=True)
    ]


def similar(model: RankingModel, item_index: int, k: int = 10, candidates: Mask | None = None) -> Ranking:
    """Movies nearest to one movie by what the model learned; by popularity when it learned nothing of nearness.

    Where fewer than `k` are near at all, the most popular of the others follow. `candidates`: see `ListRequest`.
    """
    others = np.ones(model.n_movies, bool) if candidates is None else candidates.copy()
    others[item_index] = False
    nearness = None if model.scorer is None else model.scorer.similar(item_index)
    policy: Policy = "popular" if nearness is None else "learned"
    scores = model.popularity if nearness is None else nearness
    items = top_k(scores, k, others)
    if len(items) > 1 and scores[items[-1]] == scores[items[-2]]:
        items = _most_popular_of_equal(model, items, scores, others)
    return Ranking(policy, items, scores[items])


def _most_popular_of_equal(model: RankingModel, items: Rows, scores: Floats, allowed: Mask) -> Rows:
    """A list whose last movies score alike, as do others that are not in it: of all these the most popular ones."""
    is_last = scores[items] == scores[items[-1]]
    equal = allowed & (scores == scores[items[-1]])
    return np.concatenate([items[~is_last], top_k(model.popularity, int(is_last.sum()), equal)])


def _popular(model: RankingModel, request: ListRequest) -> Ranking:
    items = top_k(model.popularity, request.k, request.allowed(model.n_movies))
    return Ranking("popular", items, model.popularity[items], [None] * len(items) if request.reasons else None)


def _personal(model: RankingModel, request: ListRequest, top: TopK) -> Ranking:
    """The list of a scorer; the most popular movies in the place of those of which it knows nothing."""
    is_last = top.scores == top.scores[-1:]
    if not is_last.all() and top.scored.known(top.items[is_last]).all():
        return _of_user(request, top)  # all of which it knows nothing score alike, so none of them is at the end
    known = top.scored.known(top.items)
    if len(top.items) and not known.any():
        return _popular(model, request)
    if not known.all() and (top.scores[~known] == top.scores[-1]).all():
        allowed = request.allowed(model.n_movies)
        top = top._replace(items=_most_popular_of_equal(model, top.items, top.scored.scores, allowed))
    return _of_user(request, top)


def _reordered(model: RankingModel, request: ListRequest) -> Ranking:
    """A list by the sliders of the request; by those of popularity where nothing is known of the user."""
    found = None if model.scorer is None else model.scorer.score(request.user)
    scored = None if found is None else _ExplainedOnce(found)
    scores = model.popularity if scored is None else scored.scores
    allowed = request.allowed(model.n_movies)
    items, values = reordered(scores, model.popularity, allowed, request, scored.explain if scored else _nothing)
    if scored is not None and len(items) and scored.known(items).any():
        return _of_user(request, TopK(items, values, scored))
    if scored is not None:
        items, values = reordered(model.popularity, model.popularity, allowed, request, _nothing)
    return Ranking("popular", items, values, [None] * len(items) if request.reasons else None)


class _ExplainedOnce:
    """What a scorer knows of a user; movies that were explained to make a list are not explained again for reasons."""

    def __init__(self, scored: Scored) -> None:
        self._scored, self.scores = scored, scored.scores
        self._items: Rows = np.empty(0, np.int64)
        self._added: Floats | None = None

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`."""
        is_same = items[:, None] == self._items
        if self._added is None or not is_same.any(axis=1).all():
            self._items, self._added = items, self._scored.explain(items)
            return self._added
        return self._added[:, is_same.argmax(axis=1)]

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`."""
        return self._scored.known(items)


def _nothing(items: Rows) -> None:
    """What popularity has to say for movies; see `Scored.explain`."""
    del items


def _of_user(request: ListRequest, top: TopK) -> Ranking:
    policy: Policy = "fold_in" if request.user.user_index is None else "learned"
    return Ranking(policy, top.items, top.scores, _reasons(request, top) if request.reasons else None)


def _reasons(request: ListRequest, top: TopK) -> list[Reason | None]:
    """For each movie of a list, or of its page, what speaks most for it; None where nothing in the history does."""
    history = request.user.history
    if request.page is None:
        return strongest_reasons(top.items, history, top.scored)
    start, end = request.page
    told = strongest_reasons(top.items[start:end], history, top.scored)
    untold = len(top.items) - len(told)
    return [*([None] * min(start, untold)), *told, *([None] * (untold - min(start, untold)))]


def strongest_reasons(items: Rows, history: History, scored: Scored | None) -> list[Reason | None]:
    """For each movie what speaks most for it; None where nothing in the history does."""
    added = scored.explain(items) if scored is not None and len(items) else None
    if added is None:
        return [None] * len(items)
    # A movie that was rated may be listed again; it is no reason for itself.
    added[history.items[:, None] == items] = -np.inf
    best = added.argmax(axis=0)
    strongest = zip(history.items[best].tolist(), added[best, np.arange(len(best))].tolist(), strict=True)
    return [Reason(row, gain) if gain > 0 else None for row, gain in strongest]
