"""Item-item weights: what each liked movie says for every other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .history import History, recency_weights
from .parts import Parts
from .request import ListRequest, UserRef
from .scorer import Scored, TopK, top_one_by_one
from .types import Floats, Mask, Rows


@dataclass(frozen=True)
class ItemItemScorer:
    """A movie's score is the recency-weighted sum of what each liked movie of the history says.

        scoreⱼ = Σ recency_weights(…)ᵢ · Bᵢⱼ   over liked movies i

    Of each row of B only the strongest weights are kept, which costs nothing in quality and makes a model of 27k
    movies thirteen times smaller than the full matrix.
    """

    neighbours: NDArray[np.int32]
    """Columns of the weights that are kept of each row of B, shape (n_movies, n_kept)."""

    weights: Floats
    """Those weights, shape (n_movies, n_kept); zeros fill a row that has fewer."""

    recency: float
    """τ, in ratings; `inf` weighs a whole history alike."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    is_personal = True
    benefits_from_batching = False

    @classmethod
    def from_parts(cls, parts: Parts) -> "ItemItemScorer":
        """From arrays `neighbours`, `weights` and the parameter `recency`."""
        shape = (parts.n_movies, parts.arrays["weights"].shape[-1])
        neighbours = parts.array("neighbours", shape)
        if neighbours.size and not 0 <= neighbours.min() <= neighbours.max() < parts.n_movies:
            raise ValueError("neighbours point outside the catalogue")
        return cls(
            neighbours=neighbours,
            weights=parts.array("weights", shape),
            recency=parts.positive("recency"),
            positive_rating=float(parts.parameters["positive_rating"]),
        )

    def score(self, user: UserRef) -> Scored | None:
        """See `Scorer.score`; None when the history holds no liked movie."""
        is_liked = user.history.ratings >= self.positive_rating
        if not is_liked.any():
            return None
        liked = user.history.rated_at_least(self.positive_rating)
        return _ItemItemScored(self, liked, recency_weights(liked.rated_at, self.recency), is_liked)

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; what liking the one movie alone says."""
        return self.weighted_sum(np.array([item_index], np.int32), np.ones(1))

    def weighted_sum(self, items: NDArray[np.int32], item_weights: NDArray[np.float64]) -> Floats:
        """Sum of rows of B, shape (n_movies,), weighted, shape (n_items,) each."""
        contributions = item_weights[:, None] * self.weights[items]
        n_movies = len(self.weights)
        return np.bincount(self.neighbours[items].ravel(), contributions.ravel(), n_movies).astype(np.float32)


class _ItemItemScored:
    """The sum of the formula for one user, and its terms."""

    def __init__(
        self, scorer: ItemItemScorer, liked: History, item_weights: NDArray[np.float64], is_liked: Mask
    ) -> None:
        self._scorer, self._liked, self._item_weights, self._is_liked = scorer, liked, item_weights, is_liked
        self.scores = scorer.weighted_sum(liked.items, item_weights)

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; each term of the sum."""
        scorer, liked = self._scorer, self._liked
        is_asked, column = np.zeros(len(scorer.weights), bool), np.zeros(len(scorer.weights), np.int64)
        is_asked[items], column[items] = True, np.arange(len(items))
        neighbours = scorer.neighbours[liked.items].ravel()
        kept = np.flatnonzero(is_asked[neighbours])  # few of many: only these are looked at any further
        row, place = np.divmod(kept, scorer.neighbours.shape[1])
        terms = self._item_weights[row] * scorer.weights[liked.items[row], place]
        added = np.zeros((len(self._is_liked), len(items)), np.float32)
        np.add.at(added, (np.flatnonzero(self._is_liked)[row], column[neighbours[kept]]), terms.astype(np.float32))
        return added
