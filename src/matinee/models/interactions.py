"""What every algorithm learns from: ratings on matrix axes."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.artifact.axes import on_axes
from matinee.errors import BadData
from matinee.memory import limit_bytes
from matinee.models.computation import Computation, InProcess
from matinee.ranking import Floats, Histories

if TYPE_CHECKING:
    import scipy.sparse as sp


@dataclass(frozen=True)
class Interactions:
    """Ratings on matrix axes."""

    user_ids: list[str]
    """External id of each user row."""

    movie_ids: list[str]
    """External id of each movie row: the whole catalogue, rated or not."""

    histories: Histories
    """Ratings of each user, oldest first, the newest of each movie."""

    positive_rating: float
    """Stars from which a rating says that the user liked the movie."""

    data_through: datetime
    """End of the time that the ratings cover (UTC, exclusive)."""

    memory_bytes: int = field(default_factory=limit_bytes)
    """What a process that fits may take in all."""

    computation: Computation = field(default_factory=InProcess, compare=False)
    """Where the sums over all users are computed."""

    @classmethod
    def from_ratings(
        cls, ratings: pl.DataFrame, movie_ids: list[str], positive_rating: float, data_through: datetime
    ) -> "Interactions":
        """Interactions from a frame `user_id, movie_id, rating, rated_at`, and perhaps `event, weight`.

        Args:
            ratings: as `artifact.axes.on_axes` takes them.
            movie_ids: the catalogue; movies that occur only in `ratings` are appended to it.
            positive_rating: stars that count as liked.
            data_through: end of the time that the ratings cover.

        Raises:
            BadData: there is no rating.
        """
        if ratings.is_empty():
            raise BadData("There are no ratings to learn from.", "Ingest a chunk first: matinee ingest.")
        found = on_axes(ratings, movie_ids)
        return cls(found.user_ids, found.movie_ids, found.histories, positive_rating, data_through)

    @property
    def n_users(self) -> int:
        """Number of user rows."""
        return len(self.user_ids)

    @property
    def n_movies(self) -> int:
        """Number of movie rows."""
        return len(self.movie_ids)

    @cached_property
    def liked(self) -> NDArray[np.bool_]:
        """Which entries of the histories are liked movies, shape (n_ratings,)."""
        return self.histories.ratings >= self.positive_rating

    @cached_property
    def liked_items(self) -> NDArray[np.int32]:
        """Matrix rows of the liked movies, shape (n_liked,), read-only."""
        items = self.histories.items[self.liked]
        items.flags.writeable = False
        return items

    @cached_property
    def liked_at(self) -> NDArray[np.int64]:
        """When each was liked, in seconds since 1970 (UTC), shape (n_liked,), read-only."""
        moments = self.histories.rated_at[self.liked]
        moments.flags.writeable = False
        return moments

    @cached_property
    def liked_offsets(self) -> NDArray[np.int64]:
        """Where the liked entries of each user begin among all liked ones, and their number, shape (n_users + 1,)."""
        n_before: NDArray[np.int64] = np.concatenate([[0], np.cumsum(self.liked)])
        return n_before[self.histories.offsets]

    @property
    def liked_weights(self) -> Floats:
        """How much each liked entry counts, in their order: 1 for a rating, its weight for another event."""
        events = self.histories.events
        return np.ones(self.liked.sum(), np.float32) if events is None else events.weights[self.liked]

    def age_days_of(self, moments: NDArray[np.int64]) -> NDArray[np.float64]:
        """Days from each moment, in seconds since 1970 (UTC), to `data_through`.

        A live rating that was given after the time the data set covers is as new as its newest: 0 days old.
        """
        ages: NDArray[np.float64] = (self.data_through.timestamp() - moments) / 86_400
        return np.maximum(ages, 0)

    def days_that_hold(self, n_likes: int) -> float:
        """Days before `data_through` that hold so many liked ratings; all days where there are fewer, 0 where none."""
        ages = self.age_days_of(self.liked_at)
        place = min(n_likes, len(ages)) - 1
        return float(np.partition(ages, place)[place]) if len(ages) else 0.0

    def user_weights(self, half_life_days: float) -> NDArray[np.float64]:
        """Weights of users, half for every `half_life_days` since their newest rating, shape (n_users,).

        All likes together weigh as much as without.
        """
        scale = self.weight_scale(half_life_days)
        return scale * self.user_decay(half_life_days) if scale else np.ones(self.n_users)

    def weight_scale(self, half_life_days: float) -> float:
        """By what `user_decay` is to be multiplied, so that all likes together weigh as much as without; 0: by none."""
        n_liked = np.diff(self.liked_offsets)
        total = self.user_decay(half_life_days) @ n_liked
        return float(n_liked.sum() / total) if total > 0 else 0.0

    def user_decay(self, half_life_days: float) -> NDArray[np.float64]:
        """Halves for every `half_life_days` since the newest rating of each user, shape (n_users,)."""
        has_rated, decay = np.diff(self.histories.offsets) > 0, np.zeros(self.n_users)
        newest = self.age_days_of(self.histories.rated_at[self.histories.offsets[1:][has_rated] - 1])
        decay[has_rated] = 0.5 ** (newest / half_life_days)
        return decay

    def before(self, moment: int) -> "Interactions":
        """What was known at a moment, in seconds since 1970 (UTC), on the same axes."""
        known = self.histories
        earlier = known.rated_at < moment
        offsets = np.concatenate([[0], np.cumsum(earlier)])[known.offsets]
        events = None if known.events is None else known.events[earlier]
        histories = Histories(offsets, known.items[earlier], known.ratings[earlier], known.rated_at[earlier], events)
        data_through, computation = datetime.fromtimestamp(moment, UTC), self.computation.before(moment)
        return replace(self, histories=histories, data_through=data_through, computation=computation)

    def popularity(self, weights: NDArray[np.float64] | None = None) -> Floats:
        """How many users liked each movie, each as much as it counts, shape (n_movies,).

        With `weights` of the likes, shape (n_liked,), their sum.
        """
        return self._n_likes if weights is None else self._likes_in_all(self.liked_weights.astype(float) * weights)

    @cached_property
    def _n_likes(self) -> Floats:
        return self._likes_in_all(self.liked_weights.astype(float))

    def _likes_in_all(self, counted: NDArray[np.float64]) -> Floats:
        return np.bincount(self.liked_items, counted, minlength=self.n_movies).astype(np.float32)

    def user_items(self) -> "sp.csr_matrix":
        """Liked movies as a matrix of how much each counts, 1 for a rating, shape (n_users, n_movies), float32."""
        import scipy.sparse as sp  # noqa: PLC0415  commands that fit nothing import this module

        likes = (self.liked_weights, self.liked_items.copy(), self.liked_offsets)
        result = sp.csr_matrix(likes, shape=(self.n_users, self.n_movies))
        result.sort_indices()
        return result


def moments_of(
    users: NDArray[np.integer[Any]], moments: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Place of the first entry of each one's user and moment, and the place after the last, both of shape (n,).

    Args:
        users: rows, rising, shape (n,).
        moments: seconds since 1970 (UTC), rising for each user, shape (n,).
    """
    starts = np.flatnonzero(np.diff(users, prepend=-1) | np.diff(moments, prepend=-1))
    ends = np.append(starts, len(users))[1:]
    return np.repeat(starts, ends - starts), np.repeat(ends, ends - starts)
