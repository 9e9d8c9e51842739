"""Movies that nobody has rated, scored by what is known of them: as the rated movies that are most like them score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .history import History
from .request import ListRequest, UserRef
from .scorer import Scored, Scorer, TopK, top_one_by_one
from .types import Floats, Mask, Rows

NAMES = ("content_rows", "content_neighbours", "content_weights")
"""Arrays of an artifact that has a content part; servers of before ignore them."""


@dataclass(frozen=True)
class Content:
    """Which movies are scored like which others.

    scoreⱼ = Σ wⱼᵢ · scoreᵢ   over the rated movies i that are most like movie j;  Σᵢ wⱼᵢ ≤ 1
    """

    rows: Rows
    """Movies that nobody has rated, shape (n,); rows from the end of the model's catalogue on are new movies."""
    neighbours: Rows
    """The rated movies that are most like each, shape (n, m)."""
    weights: Floats
    """Their weights, shape (n, m); 0 where there are fewer than m."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], n_movies: int) -> "Content | None":
        """From the arrays `NAMES` of an artifact, if it has them.

        Raises:
            ValueError: they do not fit each other or the catalogue.
        """
        if NAMES[0] not in arrays:
            return None
        rows, neighbours, weights = (arrays[name] for name in NAMES)
        if neighbours.shape != weights.shape or rows.shape != neighbours.shape[:1]:
            raise ValueError(f"content is of shapes {rows.shape}, {neighbours.shape} and {weights.shape}")
        for each in (rows, neighbours):
            if each.size and not 0 <= each.min() <= each.max() < n_movies:
                raise ValueError("content points outside the catalogue")
        return cls(rows.astype(np.int64), neighbours.astype(np.int64), weights.astype(np.float32))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As an artifact keeps it."""
        return dict(
            zip(NAMES, (self.rows.astype(np.int32), self.neighbours.astype(np.int32), self.weights), strict=True)
        )

    def with_more(self, more: "Content") -> "Content":
        """Both, each with as many neighbours as the one that has more."""
        n = max(self.neighbours.shape[1], more.neighbours.shape[1])
        wide = [
            [np.pad(array, ((0, 0), (0, n - array.shape[1]))) for array in (each.neighbours, each.weights)]
            for each in (self, more)
        ]
        neighbours, weights = (np.concatenate(both) for both in zip(*wide, strict=True))
        return Content(np.concatenate([self.rows, more.rows]), neighbours, weights)

    def size(self, n_movies: int) -> int:
        """Movies of a catalogue of so many, and of the new ones."""
        return max(n_movies, int(self.rows.max(initial=-1)) + 1)

    def filled(self, values: Floats, n_movies: int) -> Floats:
        """`values` of each movie, shape (≤ n_movies, …), those of `rows` by the formula; a copy of `n_movies` rows."""
        complete = np.zeros((n_movies, *values.shape[1:]), np.float32)
        complete[: len(values)] = values
        complete[self.rows] = np.einsum("nm,nm...->n...", self.weights, values[self.neighbours])
        return complete


@dataclass(frozen=True)
class ContentScorer:
    """Another scorer, with scores for the movies that it knows nothing of."""

    scorer: Scorer
    content: Content
    n_learned: int
    """Movies that the scorer has a row of."""
    n_movies: int

    @property
    def is_personal(self) -> bool:
        """See `Scorer.is_personal`."""
        return self.scorer.is_personal

    @property
    def benefits_from_batching(self) -> bool:
        """See `Scorer.benefits_from_batching`."""
        return False

    def score(self, user: UserRef) -> Scored | None:
        """See `Scorer.score`; the history's movies that the scorer has no row of say nothing."""
        is_learned = user.history.items < self.n_learned
        scored = self.scorer.score(user if is_learned.all() else replace(user, history=_only(user.history, is_learned)))
        return None if scored is None else _ContentScored(self, scored, is_learned)

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:
        """See `Scorer.similar`; None for a movie that nobody has rated."""
        nearness = self.scorer.similar(item_index) if item_index < self.n_learned else None
        return None if nearness is None else self.content.filled(nearness, self.n_movies)

    def with_content(self, content: Content, n_learned: int, n_movies: int) -> "ContentScorer":
        """See `Scorer.with_content`."""
        return ContentScorer(self.scorer, content, n_learned, n_movies)


class _ContentScored:
    """Scores of a scorer, those of unrated movies by content."""

    def __init__(self, scorer: ContentScorer, scored: Scored, is_learned: Mask) -> None:
        """Fill in what `scored` says nothing of; `is_learned` tells of which of the history it has heard."""
        self._scorer, self._scored, self._is_learned = scorer, scored, is_learned
        self.scores: Floats = scorer.content.filled(scored.scores, scorer.n_movies)

    def explain(self, items: Rows) -> Floats | None:
        """See `Scored.explain`; what a movie adds to the movies that are like an unrated one, it adds to that one."""
        asked, weights = self._standing_for(items)
        added = self._scored.explain(asked.ravel())
        if added is None:
            return None
        complete = np.zeros((len(self._is_learned), len(items)), np.float32)
        complete[self._is_learned] = np.einsum("hnm,nm->hn", added.reshape(len(added), *asked.shape), weights)
        return complete

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`."""
        asked, weights = self._standing_for(items)
        known = self._scored.known(asked.ravel()).reshape(asked.shape) & (weights != 0)
        return np.asarray(known.any(axis=1), bool)

    def _standing_for(self, items: Rows) -> tuple[Rows, Floats]:
        """The movies whose scores make that of each item, and their weights, shape (n_items, m)."""
        content = self._scorer.content
        place = np.full(self._scorer.n_movies, -1, np.int64)
        place[content.rows] = np.arange(len(content.rows))
        is_content = place[items] >= 0
        if not is_content.any():
            return items[:, None], np.ones((len(items), 1), np.float32)
        asked = np.zeros((len(items), content.neighbours.shape[1]), np.int64)
        weights = np.zeros(asked.shape, np.float32)
        asked[:, 0], weights[:, 0] = np.minimum(items, self._scorer.n_learned - 1), 1
        asked[is_content], weights[is_content] = (
            each[place[items[is_content]]] for each in (content.neighbours, content.weights)
        )
        return asked, weights


def _only(history: History, kept: Mask) -> History:
    return history.part(kept)
