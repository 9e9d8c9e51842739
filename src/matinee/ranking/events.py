"""What people say and do about movies, as histories keep it: a rating is one kind of event."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .types import Floats

EVENTS = ("rating", "like", "dislike", "not_interested", "watch", "purchase", "click", "view")
"""By the number of each in an artifact, so new ones come last."""

SAID = frozenset({"rating", "like", "dislike", "not_interested"})
"""What somebody says of a movie: it goes before what they do, whenever that was."""

HIDING = frozenset({"dislike", "not_interested"})
"""Whose movie its user wants to see no more of."""

LIKED, NOT_LIKED = np.float32(1e9), np.float32(-1e9)
"""The rating that an event stands for: above, or below, every rating that there is."""

_SAID = np.isin(EVENTS, list(SAID))
_HIDING = np.isin(EVENTS, list(HIDING))


@dataclass(frozen=True, slots=True)
class Events:
    """What each entry of a history is."""

    codes: NDArray[np.uint8]
    """Place in `EVENTS`, shape (n,)."""

    weights: Floats
    """How much it counts where it is liked, 1 for a rating, shape (n,)."""

    @classmethod
    def ratings(cls, n: int) -> "Events":
        """Of `n` ratings."""
        return cls(np.zeros(n, np.uint8), np.ones(n, np.float32))

    @property
    def said(self) -> NDArray[np.bool_]:
        """Which are something that was said, shape (n,)."""
        return _SAID[self.codes]

    @property
    def hiding(self) -> NDArray[np.bool_]:
        """Which hide their movie, shape (n,)."""
        return _HIDING[self.codes]

    def __getitem__(self, chosen: slice | NDArray[np.bool_] | NDArray[np.integer[Any]]) -> "Events":
        return Events(self.codes[chosen], self.weights[chosen])

    def followed_by(self, other: "Events") -> "Events":
        """Both, one after the other."""
        return Events(np.concatenate([self.codes, other.codes]), np.concatenate([self.weights, other.weights]))
