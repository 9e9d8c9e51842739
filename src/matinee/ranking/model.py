"""Everything that ranking needs of a model, made from the arrays and parameters of an artifact."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blend import BlendScorer
from .content import Content
from .factors import FactorScorer
from .history import Histories, History
from .item_item import ItemItemScorer
from .packed import PackedHistories
from .parts import Parts
from .popularity import PopularityScorer
from .request import UserRef
from .scorer import Scorer
from .types import Floats, Rows

KINDS: Mapping[str, Callable[[Parts], Scorer]] = {
    "popularity": PopularityScorer.from_parts,
    "factors": FactorScorer.from_parts,
    "item_item": ItemItemScorer.from_parts,
    "blend": BlendScorer.from_parts,
}
"""How the scorer of each kind of artifact is made."""

UNPACKED = 200_000
"""Ratings up to which histories are unpacked once, into 3 MB, and not for each list."""


@dataclass(frozen=True)
class RankingModel:
    """Everything that ranking needs of a model."""

    popularity: Floats
    """Popularity of each movie, shape (n_movies,): the order of the fallback."""

    histories: Histories | PackedHistories
    """What each user of the training data had rated."""

    scorer: Scorer | None = None
    """None for a model that knows popularity only."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """What it was made of, for a fit that starts from it."""

    content: Content | None = None
    """Which movies are scored by what is known of them."""

    learned: "RankingModel | None" = None
    """The model without `content`; None where there is none."""

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
        histories = _histories(arrays)
        popularity = arrays["popularity"]
        parts = Parts(arrays, parameters, histories, len(popularity), KINDS)
        model = cls(popularity, histories, None if kind == "popularity" else parts.scorer(kind), arrays)
        content = Content.from_arrays(arrays, model.n_movies)  # only in an artifact
        return model if content is None else model.with_content(content)

    @property
    def n_ratings(self) -> Rows:
        """Ratings of each movie that it learned from, shape (n_movies,)."""
        return np.bincount(self.histories.items, minlength=self.n_movies)

    def with_content(self, content: Content) -> "RankingModel":
        """The same with scores for movies that nobody has rated, and with the new movies of `content`."""
        learned = self.learned or self
        n_learned, n_movies = learned.n_movies, content.size(learned.n_movies)
        popularity = np.zeros(n_movies, np.float32)
        popularity[:n_learned] = learned.popularity
        scorer = None if learned.scorer is None else learned.scorer.with_content(content, n_learned, n_movies)
        return replace(self, popularity=popularity, scorer=scorer, content=content, learned=learned)

    def unpacked(self) -> "RankingModel":
        """The same, with histories that are fast to read where they take little memory."""
        is_small = self.histories.offsets[-1] <= UNPACKED
        return replace(self, histories=self.histories.unpacked()) if is_small else self

    def history(self, user_index: int | None) -> History:
        """What the training data knows of a user."""
        return History.empty() if user_index is None else self.histories.of(user_index)

    def user(self, user_index: int | None, news: History | None = None, now: float | None = None) -> UserRef:
        """All that is known of a user.

        Args:
            user_index: row in the training data; None for a user who is not in it.
            news: ratings that the model may not have been trained on.
            now: see `UserRef.now`.
        """
        known = self.history(user_index)
        history = known if news is None else known.with_news(news)
        return UserRef(history, user_index if history is known else None, now)


def _histories(arrays: Mapping[str, NDArray[Any]]) -> Histories | PackedHistories:
    """Histories as they are fitted with, or packed as an artifact keeps them."""
    if "history_steps" in arrays:
        return PackedHistories.from_arrays(arrays)
    return Histories.from_arrays(arrays)
