"""Matrix factorization: a user's factor times the factor of each movie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .content import Content
from .history import History, recency_weights
from .parts import Parts
from .request import ListRequest, UserRef
from .scan import LongestFirst
from .scorer import TopK
from .types import Floats, Mask, Rows

AT_ONCE = 32
"""Users whose scores are in memory at a time."""

WORTH_A_PRODUCT = 4
"""Users from which one product of matrices is faster than one of a matrix and a vector for each."""


class Liked(NamedTuple):
    """The n liked movies of a history."""

    places: NDArray[np.intp]
    """Where in the history they are, shape (n,)."""
    factors: Floats
    """Y, shape (n, d)."""
    weights: Floats
    """w, shape (n,)."""


@dataclass(frozen=True)
class FactorScorer:
    """Implicit-feedback matrix factorization (Hu, Koren & Volinsky, 2008) with a recency-weighted fold-in.

    A history folds in by one step of alternating least squares against the fixed item factors Y:

        x = (YᵀY + λI + Σ (wᵢ - 1) yᵢyᵢᵀ)⁻¹ Σ wᵢ yᵢ,   wᵢ = α · recency_weights(…)ᵢ · eᵢ over liked movies

    eᵢ is 1 for a rating and the weight of another event. Without recency (τ = ∞) this is the formula of training.

    With G = YᵀY + λI, which is alike for everyone, it says Gx = Σ cᵢyᵢ where cᵢ = wᵢ - (wᵢ - 1) yᵢᵀx. So the score yⱼᵀx
    is a sum over the liked movies, of cᵢ yⱼᵀG⁻¹yᵢ: how near two movies are everyone has taught, and cᵢ is what a movie
    still has to say. (Section 5 of the paper has another such sum, which takes a matrix inverse for each user.)
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

    listed_factors: Floats | None = None
    """Factors of all movies that may be in a list, those that nobody has rated by content; None for `item_factors`."""

    is_personal = True
    benefits_from_batching = True

    @classmethod
    def from_parts(cls, parts: Parts) -> "FactorScorer":
        """From arrays `item_factors`, `user_factors` and parameters `alpha`, `regularization`, `recency`."""
        n_factors = parts.arrays["item_factors"].shape[-1]
        return cls(
            item_factors=parts.array("item_factors", (parts.n_movies, n_factors)),
            user_factors=parts.array("user_factors", (len(parts.histories), n_factors)),
            alpha=float(parts.parameters["alpha"]),
            regularization=float(parts.parameters["regularization"]),
            recency=parts.positive("recency"),
            positive_rating=float(parts.parameters["positive_rating"]),
        )

    def score(self, user: UserRef) -> "FactorScored | None":
        """See `Scorer.score`; None for a user who liked no movie that anybody else did."""
        if user.user_index is not None:
            learned = self.user_factors[user.user_index]
            return FactorScored(self, learned, user.history) if learned.any() else None
        liked = self.liked(user.history)
        folded_in = self._folded_in(liked)
        if folded_in is None or not folded_in.any():
            return None
        return FactorScored(self, folded_in, user.history, liked)

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`; several users are scored in one product of matrices, which reads the factors once."""
        scored = [self.score(request.user) for request in requests]
        known = [(number, each) for number, each in enumerate(scored) if each is not None]
        found: list[TopK | None] = [None] * len(requests)
        at_once = AT_ONCE if len(known) >= WORTH_A_PRODUCT else 1
        for start in range(0, len(known), at_once):
            numbers, users = zip(*known[start : start + at_once], strict=True)
            user_factors = np.array([user.user_factor for user in users])
            lists = self._longest_first.scan(user_factors, [requests[number] for number in numbers])
            for number, user, (items, scores) in zip(numbers, users, lists, strict=True):
                found[number] = TopK(items, scores, user)
        return found

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; the cosine of the factors. None for a movie that nobody liked."""
        if item_index >= len(self.item_factors) or not self.item_factors[item_index].any():
            return None
        lengths = np.linalg.norm(self.factors, axis=1)
        products = self.factors @ self.item_factors[item_index]
        scores: Floats = products / np.maximum(lengths * lengths[item_index], np.finfo(np.float32).tiny)
        return scores

    def with_content(self, content: Content, n_learned: int, n_movies: int) -> "FactorScorer":  # noqa: ARG002  it knows
        """See `Scorer.with_content`; a movie's factor is the mean of those it is like, as scores are linear in it."""
        return replace(self, listed_factors=content.filled(self.item_factors, n_movies))

    def user_factor(self, history: History) -> Floats | None:
        """Factor of a history, shape (d,), by the formula above; None when it holds no liked movie."""
        return self._folded_in(self.liked(history))

    def liked(self, history: History) -> Liked:
        """The liked movies of a history."""
        places = np.flatnonzero((history.ratings >= self.positive_rating) & (history.items < len(self.item_factors)))
        weights = self.alpha * recency_weights(history.rated_at[places], self.recency) * history.weights(places)
        return Liked(places, self.item_factors[history.items[places]], weights.astype(np.float32))

    @cached_property
    def gram_inverse(self) -> Floats:
        """G⁻¹, shape (d, d); computed in float64, because it is computed once and every answer depends on it."""
        return np.linalg.inv(self._gram.astype(np.float64)).astype(np.float32)

    @cached_property
    def _gram(self) -> Floats:
        gram: Floats = self.item_factors.T @ self.item_factors
        gram[np.diag_indices_from(gram)] += self.regularization
        return gram

    @cached_property
    def _longest_first(self) -> LongestFirst:
        return LongestFirst.of(self.factors)

    @property
    def factors(self) -> Floats:
        """Factors of all movies that may be in a list, shape (n_movies, d)."""
        return self.item_factors if self.listed_factors is None else self.listed_factors

    def _folded_in(self, liked: Liked) -> Floats | None:
        _, factors, weights = liked
        if len(factors) == 0:
            return None
        if len(factors) > factors.shape[1]:
            user_factor: Floats = np.linalg.solve(self._normal(factors, weights), factors.T @ weights)
            return user_factor
        inverted, system = self._small_system(factors, weights)
        return inverted.T @ np.linalg.solve(system.T, weights)

    def _normal(self, factors: Floats, weights: Floats) -> Floats:
        """The matrix A of the formula, shape (d, d)."""
        normal = self._gram + (factors.T * (weights - np.float32(1))) @ factors
        return normal.astype(np.float32, copy=False)

    def _small_system(self, factors: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """YG⁻¹, shape (n, d), and M = I + YG⁻¹Yᵀ(W - I), shape (n, n).

        By the push-through identity YA⁻¹ = M⁻¹YG⁻¹: for a history of fewer movies than factors the smaller system.
        """
        inverted = factors @ self.gram_inverse
        system: Floats = (inverted @ factors.T) * (weights - np.float32(1))
        system.ravel()[:: len(system) + 1] += 1  # the diagonal, at a tenth of what `diag_indices_from` costs
        return inverted, system


@dataclass(frozen=True, slots=True)
class FactorScored:
    """A user's factor."""

    scorer: FactorScorer
    user_factor: Floats
    """Shape (d,)."""
    history: History
    liked: Liked | None = None
    """Of the history, if it was looked at already."""

    @property
    def scores(self) -> Floats:
        """See `Scored.scores`."""
        return self.scorer.factors @ self.user_factor

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; cᵢ yⱼᵀG⁻¹yᵢ of the formula of `FactorScorer`."""
        places, factors, weights = self.scorer.liked(self.history) if self.liked is None else self.liked
        if len(places) == 0:
            return None
        pull = weights - (weights - np.float32(1)) * (factors @ self.user_factor)
        nearness = factors @ (self.scorer.gram_inverse @ self.scorer.factors[items].T)
        added = np.zeros((len(self.history), len(items)), np.float32)
        added[places] = pull[:, None] * nearness
        return added

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`; a movie that nobody liked has no factor."""
        return np.asarray(self.scorer.factors[items].any(axis=1), bool)
