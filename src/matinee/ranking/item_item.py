"""Item-item weights: what each liked movie says for every other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .content import Content, ContentScorer
from .history import recency_weights
from .parts import Parts
from .quantized import inflated
from .request import ListRequest, UserRef
from .rows import DenseRows, GatheredRows, ScaledRows, SparseRows, WeightRows
from .scorer import Scored, TopK, top_one_by_one
from .types import Floats, Mask, Rows


@dataclass(frozen=True)
class ItemItemScorer:
    """A movie's score is the recency-weighted sum of what each liked movie of the history says.

        scoreⱼ = Σ recency_weights(…)ᵢ · eᵢ · Bᵢⱼ   over liked movies i, eᵢ the weight of the event, 1 for a rating

    Of each row of B only the strongest weights are kept, which costs nothing in quality and makes a model of 27k
    movies thirteen times smaller than the full matrix.
    """

    rows: WeightRows
    """Rows of B, those of the movies that say anything."""

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
        """From `weights`, `neighbours` (unless all are kept), `rows` (movie of each, unless all), and `recency`.

        In an artifact `weights` have `scales`, and where all are kept they are `deflated`: see `ranking.quantized`.
        """
        movies = parts.arrays.get("rows", np.arange(parts.n_movies, dtype=np.int32))
        if movies.size and not 0 <= movies.min() <= movies.max() < parts.n_movies:
            raise ValueError("rows point outside the catalogue")
        return cls(
            rows=_rows(parts, len(movies)),
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
        counted = recency_weights(history.rated_at[liked], self.recency) * history.weights(liked)
        weights = counted[speaks].astype(np.float32)
        gathered = self.rows.gather(rows[speaks])
        scores = gathered.weighted_sum(weights)
        return _ItemItemScored(scores, gathered, weights, liked[speaks], len(history)) if scores.any() else None

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; what liking the one movie alone says."""
        row = self.row_of[item_index]
        if row < 0:
            return None
        nearness = self.rows.gather(np.array([row])).weighted_sum(np.ones(1, np.float32))
        return nearness if nearness.any() else None

    def with_content(self, content: Content, n_learned: int, n_movies: int) -> ContentScorer:
        """See `Scorer.with_content`."""
        return ContentScorer(self, content, n_learned, n_movies)


@dataclass(frozen=True, slots=True)
class _ItemItemScored:
    """The sum of the formula for one user, and its terms."""

    scores: Floats
    gathered: GatheredRows
    row_weights: Floats
    places: Rows
    """Where in the history each row comes from."""
    n_history: int

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; each term of the sum."""
        added = np.zeros((self.n_history, len(items)), np.float32)
        added[self.places] = self.gathered.terms(self.row_weights, items)
        return added

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`; a movie of which no liked one says anything scores 0."""
        return np.asarray(self.scores[items] != 0, bool)


def _rows(parts: Parts, n_rows: int) -> WeightRows:
    rows = _unscaled_rows(parts, n_rows)
    # Artifacts of before format version 3, and models that were just fitted, have no scales.
    return ScaledRows(rows, parts.array("scales", (n_rows,))) if "scales" in parts.arrays else rows


def _unscaled_rows(parts: Parts, n_rows: int) -> WeightRows:
    if "deflated" in parts.arrays:
        return DenseRows(inflated(parts.arrays["deflated"], (n_rows, parts.n_movies)))
    if "neighbours" not in parts.arrays:
        return DenseRows(parts.array("weights", (n_rows, parts.n_movies)))
    shape = (n_rows, parts.arrays["weights"].shape[-1])
    neighbours = parts.array("neighbours", shape)
    if neighbours.size and not 0 <= neighbours.min() <= neighbours.max() < parts.n_movies:
        raise ValueError("neighbours point outside the catalogue")
    return SparseRows(neighbours, parts.array("weights", shape), parts.n_movies)


def _row_of(movies: NDArray[np.int32], n_movies: int) -> NDArray[np.int32]:
    row_of = np.full(n_movies, -1, np.int32)
    row_of[movies] = np.arange(len(movies), dtype=np.int32)
    return row_of
