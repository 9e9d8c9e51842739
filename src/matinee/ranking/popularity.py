"""Popularity as a component of a blend: the same scores for everyone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .content import Content, ContentScorer
from .parts import Parts
from .request import ListRequest, UserRef
from .scorer import Scored, TopK, top_one_by_one
from .types import Floats, Mask, Rows


@dataclass(frozen=True)
class PopularityScorer:
    """The same scores for everyone; it is its own `Scored`."""

    scores: Floats
    """Popularity of each movie, shape (n_movies,)."""

    is_personal = False
    benefits_from_batching = False

    @classmethod
    def from_parts(cls, parts: Parts) -> "PopularityScorer":
        """From the array `popularity`."""
        return cls(parts.array("popularity", (parts.n_movies,)))

    def score(self, user: UserRef) -> Scored | None:  # noqa: ARG002  everyone gets the same
        """See `Scorer.score`."""
        return self

    def explain(self, items: Rows) -> Floats | None:  # noqa: ARG002  it is alike for all histories
        """See `Scored.explain`; None."""
        return None

    def known(self, items: Rows) -> Mask:
        """See `Scored.known`; nothing."""
        return np.zeros(len(items), bool)

    def top(self, requests: Sequence[ListRequest]) -> list[TopK | None]:
        """See `Scorer.top`."""
        return top_one_by_one(self.score, requests)

    def similar(self, item_index: int) -> Floats | None:  # noqa: ARG002  popularity knows no nearness
        """See `Scorer.similar`; None."""
        return None

    def with_content(self, content: Content, n_learned: int, n_movies: int) -> ContentScorer:
        """See `Scorer.with_content`."""
        return ContentScorer(self, content, n_learned, n_movies)
