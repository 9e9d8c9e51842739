"""From a user's history to a ranked list of movies: the one function that evaluation and the server share.

This file needs numpy and nothing of matinee, because it is also logged with every model as its code:
`mlflow.pyfunc.load_model` ranks with the very lines that ranked when the model was evaluated.

Everything is in matrix rows (`user_index`, `item_index`); external ids stay outside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Policy = Literal["learned", "fold_in", "popular"]
"""How a list was made: from what the model learned of this user, from a history it had not seen, or popularity."""

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class History:
    """Ratings of one user, oldest first, one per movie."""

    items: NDArray[np.int32]
    """Matrix rows of the rated movies, shape (n,)."""

    ratings: Floats
    """Stars, shape (n,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n,)."""

    @classmethod
    def empty(cls) -> "History":
        """A history without ratings."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.items)

    def rated_at_least(self, stars: float) -> "History":
        """The part with at least so many stars."""
        chosen = self.ratings >= stars
        return History(self.items[chosen], self.ratings[chosen], self.rated_at[chosen])

    def with_news(self, news: "History") -> "History":
        """Both, in order of time; of two ratings of one movie the newer stays, of equal times that of `news`.

        Returns `self` when `news` holds nothing that is not known.
        """
        if len(news) == 0:
            return self
        items = np.concatenate([self.items, news.items])
        ratings = np.concatenate([self.ratings, news.ratings])
        rated_at = np.concatenate([self.rated_at, news.rated_at])
        order = np.argsort(rated_at, kind="stable")
        _, last = np.unique(items[order][::-1], return_index=True)
        kept = order[np.sort(len(order) - 1 - last)]
        merged = History(items[kept], ratings[kept], rated_at[kept])
        return self if self._says_the_same_as(merged) else merged

    def _says_the_same_as(self, other: "History") -> bool:
        return (
            len(self) == len(other)
            and bool((self.items == other.items).all())
            and bool((self.ratings == other.ratings).all())
        )


def recency_weights(rated_at: NDArray[np.int64], recency: float) -> NDArray[np.float64]:
    """Weights exp(-rank / recency) of ratings, the newest 1: what came last says most about what comes next.

    A rating's rank is the number of newer ones. Ratings of one moment share theirs, because the order among them is
    not known (MovieLens stamps a page of ratings at once); so a history without times is weighted alike.

    Args:
        rated_at: seconds, rising, shape (n,).
        recency: τ, in ratings, positive; `inf` weights all alike.
    """
    rank = len(rated_at) - np.searchsorted(rated_at, rated_at, side="right")
    weights: NDArray[np.float64] = np.exp(-rank / recency)
    return weights


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of all users of a model in one compressed layout, as a sparse matrix keeps its rows."""

    offsets: NDArray[np.int64]
    """User u owns entries offsets[u] to offsets[u + 1], shape (n_users + 1,)."""

    items: NDArray[np.int32]
    """Matrix rows of the rated movies, shape (n_ratings,), oldest first within a user."""

    ratings: Floats
    """Stars, shape (n_ratings,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n_ratings,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, user_index: int) -> History:
        """History of one user, as views."""
        rows = slice(int(self.offsets[user_index]), int(self.offsets[user_index + 1]))
        return History(self.items[rows], self.ratings[rows], self.rated_at[rows])


class Scorer(Protocol):
    """What a kind of model knows beyond popularity; one implementation for each `kind` of artifact."""

    def learned(self, user_index: int) -> Floats | None:
        """Scores of all movies, shape (n_movies,), for a user of the training data; None when nothing was learned."""
        ...

    def fold_in(self, history: History) -> Floats | None:
        """Scores of all movies for any history; None when the history says nothing to this model."""
        ...


@dataclass(frozen=True)
class FactorScorer:
    """Implicit-feedback matrix factorization (Hu, Koren & Volinsky, 2008) with a recency-weighted fold-in.

    A history folds in by one step of alternating least squares against the fixed item factors Y:

        x = (YᵀY + λI + Σ (wᵢ - 1) yᵢyᵢᵀ)⁻¹ Σ wᵢ yᵢ,   wᵢ = α · recency_weights(…)ᵢ over liked movies

    Without recency (τ = ∞) this is the formula of training.
    """

    item_factors: Floats
    """Shape (n_movies, d)."""

    user_factors: Floats
    """Shape (n_users, d); zeros for a user of whom nothing was learned."""

    alpha: float
    """Confidence of one liked movie."""

    regularization: float
    """λ of training."""

    recency: float
    """τ, in ratings; `inf` weighs a whole history alike."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    @cached_property
    def _gram(self) -> NDArray[np.float64]:
        factors = self.item_factors.astype(np.float64)
        gram: NDArray[np.float64] = factors.T @ factors
        gram[np.diag_indices_from(gram)] += self.regularization
        return gram

    def learned(self, user_index: int) -> Floats | None:
        """See `Scorer.learned`; None for a user who liked no movie."""
        user_factor = self.user_factors[user_index]
        if not user_factor.any():
            return None
        scores: Floats = self.item_factors @ user_factor
        return scores

    def fold_in(self, history: History) -> Floats | None:
        """See `Scorer.fold_in`; None when the history holds no liked movie."""
        user_factor = self.user_factor(history)
        if user_factor is None:
            return None
        scores: Floats = self.item_factors @ user_factor
        return scores

    def user_factor(self, history: History) -> Floats | None:
        """Factor of a history, shape (d,), by the formula above."""
        liked = history.rated_at_least(self.positive_rating)
        if len(liked) == 0:
            return None
        weights = self.alpha * recency_weights(liked.rated_at, self.recency)
        factors = self.item_factors[liked.items].astype(np.float64)
        normal = self._gram + (factors.T * (weights - 1)) @ factors
        return np.linalg.solve(normal, factors.T @ weights).astype(np.float32)


@dataclass(frozen=True)
class RankingModel:
    """Everything that ranking needs of a model."""

    popularity: Floats
    """Popularity of each movie, shape (n_movies,): the order of the fallback."""

    histories: Histories
    """What each user of the training data had rated."""

    scorer: Scorer | None = None
    """None for a model that knows popularity only."""

    @property
    def n_movies(self) -> int:
        """Size of the catalogue."""
        return len(self.popularity)

    @property
    def n_users(self) -> int:
        """Number of users in the training data."""
        return len(self.histories)

    @classmethod
    def from_arrays(
        cls, kind: str, arrays: Mapping[str, NDArray[Any]], parameters: Mapping[str, Any]
    ) -> "RankingModel":
        """Model of `kind` from an artifact's arrays and parameters.

        Raises:
            KeyError: an array or a parameter is missing.
            ValueError: `kind` is unknown, or something does not fit what it needs.
        """
        histories = Histories(
            arrays["history_offsets"], arrays["history_items"], arrays["history_ratings"], arrays["history_rated_at"]
        )
        scorer = _scorer(kind, arrays, parameters, histories, len(arrays["popularity"]))
        return cls(popularity=arrays["popularity"], histories=histories, scorer=scorer)

    def history(self, user_index: int | None, news: History | None = None) -> History:
        """All that is known of a user: training data and news."""
        known = History.empty() if user_index is None else self.histories.of(user_index)
        return known if news is None else known.with_news(news)


def _scorer(
    kind: str, arrays: Mapping[str, NDArray[Any]], parameters: Mapping[str, Any], histories: Histories, n_movies: int
) -> Scorer | None:
    if kind == "popularity":
        return None
    if kind == "factors":
        factors = FactorScorer(
            item_factors=arrays["item_factors"],
            user_factors=arrays["user_factors"],
            alpha=float(parameters["alpha"]),
            regularization=float(parameters["regularization"]),
            recency=_recency(parameters),
            positive_rating=float(parameters["positive_rating"]),
        )
        n_factors = factors.item_factors.shape[-1]
        _fits("item_factors", factors.item_factors, (n_movies, n_factors))
        _fits("user_factors", factors.user_factors, (len(histories), n_factors))
        return factors
    raise ValueError(f"no kind of model is called {kind!r}")


def _recency(parameters: Mapping[str, Any]) -> float:
    recency = float(parameters["recency"])
    if not recency > 0:
        raise ValueError(f"recency is {recency}, which is not positive")
    return recency


def _fits(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} is of shape {array.shape} where {shape} belongs")


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranked list and how it was made."""

    policy: Policy
    items: NDArray[np.int64]
    """Matrix rows, best first, shape (≤ k,)."""

    scores: Floats
    """Score of each, comparable within this list only."""


def recommend(
    model: RankingModel,
    user_index: int | None,
    news: History | None = None,
    k: int = 10,
    *,
    candidates: Mask | None = None,
    exclude_seen: bool = True,
) -> Ranking:
    """Best `k` movies for a user.

    Args:
        model: what to rank with.
        user_index: the user's row in the training data; None for a user who is not in it.
        news: ratings that the model may not have been trained on.
        k: length of the list; it is shorter only when fewer candidates are left.
        candidates: movies that may appear, shape (n_movies,); None for all.
        exclude_seen: leave out every movie that the user has rated.

    Returns:
        The list. Equal scores are ordered by matrix row, so the same request always gets the same answer.
    """
    known = model.history(user_index)
    history = known if news is None else known.with_news(news)
    policy, scores = _score(model, user_index, history, is_known=history is known)
    allowed = np.ones(model.n_movies, bool) if candidates is None else candidates.copy()
    if exclude_seen:
        allowed[history.items] = False
    items = top_k(scores, k, allowed)
    return Ranking(policy, items, scores[items])


def _score(model: RankingModel, user_index: int | None, history: History, *, is_known: bool) -> tuple[Policy, Floats]:
    policy: Policy = "popular"
    scores: Floats | None = None
    if model.scorer is not None and user_index is not None and is_known:
        policy, scores = "learned", model.scorer.learned(user_index)
    elif model.scorer is not None and len(history) > 0:
        policy, scores = "fold_in", model.scorer.fold_in(history)
    return (policy, scores) if scores is not None else ("popular", model.popularity)


def top_k(scores: Floats, k: int, allowed: Mask) -> NDArray[np.int64]:
    """Rows of the `k` highest allowed scores, best first, ties by row.

    Partitioning finds the k-th score, so the cost is one pass over the catalogue and a sort of k rows.
    """
    rows = np.flatnonzero(allowed)
    if k <= 0 or len(rows) == 0:
        return np.empty(0, np.int64)
    values = scores[rows]
    if k < len(rows):
        threshold = np.partition(values, len(values) - k)[len(values) - k]
        above = np.flatnonzero(values > threshold)
        level = np.flatnonzero(values == threshold)[: k - len(above)]
        chosen = np.sort(np.concatenate([above, level]))
        rows, values = rows[chosen], values[chosen]
    best: NDArray[np.int64] = rows[np.argsort(-values, kind="stable")]
    return best


def similar(model: RankingModel, item_index: int, k: int = 10) -> Ranking:
    """Movies nearest to one movie by the cosine of their factors; by popularity when the model has none."""
    others = np.ones(model.n_movies, bool)
    others[item_index] = False
    if not isinstance(model.scorer, FactorScorer):
        items = top_k(model.popularity, k, others)
        return Ranking("popular", items, model.popularity[items])
    factors = model.scorer.item_factors
    lengths = np.linalg.norm(factors, axis=1)
    scores = (factors @ factors[item_index]) / np.maximum(lengths * lengths[item_index], np.finfo(np.float32).tiny)
    items = top_k(scores, k, others)
    return Ranking("learned", items, scores[items])
