"""What users have rated, and how much less an older rating counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .types import Floats


@dataclass(frozen=True, slots=True)
class History:
    """Ratings of one user, oldest first, those of one moment by row, one per movie."""

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
        """Both, in order of time and row; of two ratings of one movie the newer stays, of equal times that of `news`.

        Returns `self` when `news` holds nothing that is not known.
        """
        if len(news) == 0:
            return self
        items = np.concatenate([self.items, news.items])
        ratings = np.concatenate([self.ratings, news.ratings])
        rated_at = np.concatenate([self.rated_at, news.rated_at])
        order = np.lexsort((items, rated_at))
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


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of all users of a model in one compressed layout, as a sparse matrix keeps its rows."""

    offsets: NDArray[np.int64]
    """User u owns entries offsets[u] to offsets[u + 1], shape (n_users + 1,)."""

    items: NDArray[np.int32]
    """Matrix rows of the rated movies, shape (n_ratings,), each user's in the order of a `History`."""

    ratings: Floats
    """Stars, shape (n_ratings,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n_ratings,)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Mapping[str, int]:
        """Number of entries of each array that has one for each rating."""
        return {
            "history_items": len(self.items),
            "history_ratings": len(self.ratings),
            "history_rated_at": len(self.rated_at),
        }

    def unpacked(self) -> "Histories":
        """Itself; see `PackedHistories.unpacked`."""
        return self

    def of(self, user_index: int) -> History:
        """History of one user, as views."""
        rows = slice(int(self.offsets[user_index]), int(self.offsets[user_index + 1]))
        return History(self.items[rows], self.ratings[rows], self.rated_at[rows])


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
