"""Item-item weights: what each liked movie says for every other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .history import recency_weights
from .parts import Parts
from .request import ListRequest, UserRef
from .scorer import Scored, TopK, top_one_by_one
from .types import Floats, Rows


@dataclass(frozen=True)
class ItemItemScorer:
    """A movie's score is the recency-weighted sum of what each liked movie of the history says.

        scoreⱼ = Σ recency_weights(…)ᵢ · Bᵢⱼ   over liked movies i

    Of each row of B only the strongest weights are kept, which costs nothing in quality and makes a model of 27k
    movies thirteen times smaller than the full matrix.
    """

    neighbours: NDArray[np.int32]
    """Columns of the weights that are kept of each row of B, shape (n_rows, n_kept)."""

    weights: Floats
    """Those weights, shape (n_rows, n_kept); zeros fill a row that has fewer."""

    row_of: NDArray[np.int32]
    """Row of B that tells what each movie says, shape (n_movies,); -1 for one that says nothing."""

    recency: float
    """τ, in ratings; `inf` weighs a whole history alike."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    is_personal = True
    benefits_from_batching = False

    @classmethod
    def from_parts(cls, parts: Parts) -> "ItemItemScorer":
        """From arrays `neighbours`, `weights`, `rows` (movie of each row, unless all have one), and `recency`."""
        movies = parts.arrays.get("rows", np.arange(parts.n_movies, dtype=np.int32))
        shape = (len(movies), parts.arrays["weights"].shape[-1])
        neighbours = parts.array("neighbours", shape)
        if movies.size and not 0 <= movies.min() <= movies.max() < parts.n_movies:
            raise ValueError("rows point outside the catalogue")
        if neighbours.size and not 0 <= neighbours.min() <= neighbours.max() < parts.n_movies:
            raise ValueError("neighbours point outside the catalogue")
        return cls(
            neighbours=neighbours,
            weights=parts.array("weights", shape),
            row_of=_row_of(movies, parts.n_movies),
            recency=parts.positive("recency"),
            positive_rating=float(parts.parameters["positive_rating"]),
        )

    def score(self, user: UserRef) -> Scored | None:
        """See `Scorer.score`; None when the history holds no liked movie that says anything."""
        history = user.history
        liked = np.flatnonzero(history.ratings >= self.positive_rating)
        rows = self.row_of[history.items[liked]]
        speaks = rows >= 0
        if not speaks.any():
            return None
        weights = recency_weights(history.rated_at[liked], self.recency)
        return _ItemItemScored(self, rows[speaks], weights[speaks], liked[speaks], len(history))

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; what liking the one movie alone says."""
        row = self.row_of[item_index]
        return None if row < 0 else self.weighted_sum(np.array([row], np.int32), np.ones(1))

    def weighted_sum(self, rows: NDArray[np.int32], row_weights: NDArray[np.float64]) -> Floats:
        """Sum of rows of B, shape (n_movies,), weighted, shape (n_rows,) each."""
        contributions = row_weights[:, None] * self.weights[rows]
        n_movies = len(self.row_of)
        return np.bincount(self.neighbours[rows].ravel(), contributions.ravel(), n_movies).astype(np.float32)


class _ItemItemScored:
    """The sum of the formula for one user, and its terms."""

    def __init__(
        self,
        scorer: ItemItemScorer,
        rows: NDArray[np.int32],
        row_weights: NDArray[np.float64],
        places: Rows,
        n_history: int,
    ) -> None:
        self._scorer, self._rows, self._row_weights = scorer, rows, row_weights
        self._places, self._n_history = places, n_history
        self.scores = scorer.weighted_sum(rows, row_weights)

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; each term of the sum."""
        scorer, n_movies = self._scorer, len(self._scorer.row_of)
        is_asked, column = np.zeros(n_movies, bool), np.zeros(n_movies, np.int64)
        is_asked[items], column[items] = True, np.arange(len(items))
        neighbours = scorer.neighbours[self._rows].ravel()
        kept = np.flatnonzero(is_asked[neighbours])  # few of many: only these are looked at any further
        row, place = np.divmod(kept, scorer.neighbours.shape[1])
        terms = self._row_weights[row] * scorer.weights[self._rows[row], place]
        added = np.zeros((self._n_history, len(items)), np.float32)
        np.add.at(added, (self._places[row], column[neighbours[kept]]), terms.astype(np.float32))
        return added


def _row_of(movies: NDArray[np.int32], n_movies: int) -> NDArray[np.int32]:
    row_of = np.full(n_movies, -1, np.int32)
    row_of[movies] = np.arange(len(movies), dtype=np.int32)
    return row_of
