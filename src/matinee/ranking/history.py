"""What users have rated, and how much less an older rating counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .events import Events
from .types import Floats


@dataclass(frozen=True, slots=True)
class History:
    """Ratings and other events of one user, oldest first, those of one moment by row, one per movie."""

    items: NDArray[np.int32]
    """Matrix rows of the movies, shape (n,)."""

    ratings: Floats
    """Ratings, or what events stand for, shape (n,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n,)."""

    events: Events | None = None
    """What each entry is; None where all are ratings."""

    @classmethod
    def empty(cls) -> "History":
        """A history without ratings."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.items)

    @property
    def hidden(self) -> NDArray[np.int32]:
        """Matrix rows of movies that the user wants to see no more of, shape (m,)."""
        return self.items[:0] if self.events is None else self.items[self.events.hiding]

    def weights(self, places: NDArray[np.intp]) -> Floats:
        """How much the liked entries at some places count, shape (len(places),)."""
        return np.ones(len(places), np.float32) if self.events is None else self.events.weights[places]

    def part(self, chosen: slice | NDArray[np.bool_]) -> "History":
        """Some of the entries."""
        events = None if self.events is None else self.events[chosen]
        return History(self.items[chosen], self.ratings[chosen], self.rated_at[chosen], events)

    def rated_at_least(self, stars: float) -> "History":
        """The part with at least so many stars."""
        return self.part(self.ratings >= stars)

    def with_news(self, news: "History") -> "History":
        """Both, in order of time and row; of two entries of one movie the newer stays, of equal times that of `news`.

        But what was said of a movie goes before what was done with it. Returns `self` when `news` holds nothing that
        is not known.
        """
        if len(news) == 0:
            return self
        items = np.concatenate([self.items, news.items])
        ratings = np.concatenate([self.ratings, news.ratings])
        rated_at = np.concatenate([self.rated_at, news.rated_at])
        events = None
        if self.events is not None or news.events is not None:
            own, new = (each.events or Events.ratings(len(each)) for each in (self, news))
            events = own.followed_by(new)
        if self._is_followed_by(news):
            return History(items, ratings, rated_at, events)
        order = np.lexsort((items, rated_at) if events is None else (items, rated_at, events.said))
        _, last = np.unique(items[order][::-1], return_index=True)
        kept = order[np.sort(len(order) - 1 - last)]
        if events is not None:
            kept = kept[np.lexsort((items[kept], rated_at[kept]))]
        merged = History(items[kept], ratings[kept], rated_at[kept], None if events is None else events[kept])
        return self if self._says_the_same_as(merged) else merged

    def _is_followed_by(self, news: "History") -> bool:
        """Whether all news are newer, and of movies that this history does not have: so it nearly always is."""
        is_newer = len(self) == 0 or news.rated_at[0] > self.rated_at[-1]
        return bool(is_newer) and set(news.items.tolist()).isdisjoint(self.items.tolist())

    def _says_the_same_as(self, other: "History") -> bool:
        if len(self) != len(other):
            return False
        own, others = (each.events or Events.ratings(len(each)) for each in (self, other))
        pairs = ((self.items, other.items), (self.ratings, other.ratings), (own.codes, others.codes))
        return all(bool((one == another).all()) for one, another in pairs)


@dataclass(frozen=True, slots=True)
class Histories:
    """Histories of all users of a model in one compressed layout, as a sparse matrix keeps its rows."""

    offsets: NDArray[np.int64]
    """User u owns entries offsets[u] to offsets[u + 1], shape (n_users + 1,)."""

    items: NDArray[np.int32]
    """Matrix rows of the movies, shape (n_ratings,), each user's in the order of a `History`."""

    ratings: Floats
    """Ratings, or what events stand for, shape (n_ratings,)."""

    rated_at: NDArray[np.int64]
    """Seconds since 1970 (UTC), shape (n_ratings,)."""

    events: Events | None = None
    """What each entry is; None where all are ratings."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Mapping[str, int]:
        """Number of entries of each array that has one for each rating."""
        own = {} if self.events is None else {"history_events": len(self.events.codes)}
        return own | {
            "history_items": len(self.items),
            "history_ratings": len(self.ratings),
            "history_rated_at": len(self.rated_at),
        }

    def unpacked(self) -> "Histories":
        """Itself; see `PackedHistories.unpacked`."""
        return self

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Histories":
        """What `arrays` gives.

        Raises:
            KeyError: an array is missing.
        """
        events = None
        if "history_events" in arrays:
            events = Events(arrays["history_events"], arrays["history_event_weights"])
        return cls(
            arrays["history_offsets"],
            arrays["history_items"],
            arrays["history_ratings"],
            arrays["history_rated_at"],
            events,
        )

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays of a model."""
        own: dict[str, NDArray[Any]] = {
            "history_offsets": self.offsets,
            "history_items": self.items,
            "history_ratings": self.ratings,
            "history_rated_at": self.rated_at,
        }
        if self.events is None:
            return own
        return own | {"history_events": self.events.codes, "history_event_weights": self.events.weights}

    def of(self, user_index: int) -> History:
        """History of one user, as views."""
        rows = slice(int(self.offsets[user_index]), int(self.offsets[user_index + 1]))
        events = None if self.events is None else self.events[rows]
        return History(self.items[rows], self.ratings[rows], self.rated_at[rows], events)


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
