"""What every algorithm gets and gives: `Interactions` in, `Fitted` arrays out.

An algorithm is a class with a `fit` method, found through the entry-point group `matinee.models`. It
returns arrays of one of the kinds that `matinee.ranking` scores, so nothing of it is needed where
the model is served.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from matinee.errors import BadData, UsageError
from matinee.ranking import Floats, Histories, RankingModel

if TYPE_CHECKING:
    import scipy.sparse as sp

ENTRY_POINTS = "matinee.models"


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

    @classmethod
    def from_ratings(
        cls, ratings: pl.DataFrame, movie_ids: list[str], positive_rating: float, data_through: datetime
    ) -> "Interactions":
        """Interactions from a frame `user_id, movie_id, rating, rated_at`.

        Args:
            ratings: one row a rating, in any order; of several of one user and movie the newest counts.
            movie_ids: the catalogue; movies that occur only in `ratings` are appended to it.
            positive_rating: stars that count as liked.
            data_through: end of the time that the ratings cover.

        Raises:
            BadData: there is no rating.
        """
        if ratings.is_empty():
            raise BadData("There are no ratings to learn from.", "Ingest a chunk first: matinee ingest.")
        newest = ratings.sort("rated_at", "user_id", "movie_id").unique(["user_id", "movie_id"], keep="last")
        user_ids = newest["user_id"].unique().sort().to_list()
        unlisted = newest.filter(~pl.col("movie_id").is_in(movie_ids))["movie_id"].unique().sort().to_list()
        movie_ids = movie_ids + unlisted
        rows = newest.select(
            pl.col("user_id").replace_strict(user_ids, range(len(user_ids)), return_dtype=pl.Int64).alias("user"),
            pl.col("movie_id").replace_strict(movie_ids, range(len(movie_ids)), return_dtype=pl.Int32).alias("item"),
            pl.col("rating").cast(pl.Float32),
            pl.col("rated_at").dt.epoch("s").alias("rated_at"),
        ).sort("user", "rated_at", "item")
        counts = np.bincount(rows["user"].to_numpy(), minlength=len(user_ids))
        histories = Histories(
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            items=rows["item"].to_numpy().astype(np.int32),
            ratings=rows["rating"].to_numpy().astype(np.float32),
            rated_at=rows["rated_at"].to_numpy().astype(np.int64),
        )
        return cls(user_ids, movie_ids, histories, positive_rating, data_through)

    @property
    def n_users(self) -> int:
        """Number of user rows."""
        return len(self.user_ids)

    @property
    def n_movies(self) -> int:
        """Number of movie rows."""
        return len(self.movie_ids)

    @property
    def liked(self) -> NDArray[np.bool_]:
        """Which entries of the histories are liked movies, shape (n_ratings,)."""
        return self.histories.ratings >= self.positive_rating

    @property
    def age_days(self) -> NDArray[np.float64]:
        """Days from each entry of the histories to `data_through`, shape (n_ratings,).

        A live rating that was given after the time the data set covers is as new as its newest: 0 days old.
        """
        ages: NDArray[np.float64] = (self.data_through.timestamp() - self.histories.rated_at) / 86_400
        return np.maximum(ages, 0)

    def before(self, moment: int) -> "Interactions":
        """What was known at a moment, in seconds since 1970 (UTC), on the same axes."""
        known = self.histories
        earlier = known.rated_at < moment
        offsets = np.concatenate([[0], np.cumsum(earlier)])[known.offsets]
        histories = Histories(offsets, known.items[earlier], known.ratings[earlier], known.rated_at[earlier])
        return replace(self, histories=histories, data_through=datetime.fromtimestamp(moment, UTC))

    def popularity(self, weights: NDArray[np.float64] | None = None) -> Floats:
        """How many users liked each movie, shape (n_movies,); with `weights`, shape (n_ratings,), their sum."""
        liked = self.liked
        counts = np.bincount(
            self.histories.items[liked], None if weights is None else weights[liked], minlength=self.n_movies
        )
        return counts.astype(np.float32)

    def user_items(self) -> "sp.csr_matrix":
        """Liked movies as a matrix of ones, shape (n_users, n_movies), float32."""
        import scipy.sparse as sp  # noqa: PLC0415  the server imports this module and has no scipy

        users = np.repeat(np.arange(self.n_users), np.diff(self.histories.offsets))[self.liked]
        items = self.histories.items[self.liked]
        ones = np.ones(len(items), np.float32)
        return sp.csr_matrix((ones, (users, items)), shape=(self.n_users, self.n_movies))


@dataclass(frozen=True)
class Fitted:
    """What an algorithm learned."""

    kind: str
    """How `matinee.ranking` scores it."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Arrays of that kind. Histories are added for every kind, and all-time `popularity` unless it is among these."""

    parameters: Mapping[str, float] = field(default_factory=dict)
    """Numbers that scoring needs, besides `positive_rating`."""

    def complete(self, interactions: Interactions) -> "Fitted":
        """The same with what every kind holds: popularity, histories and `positive_rating`."""
        histories = interactions.histories
        common: dict[str, NDArray[Any]] = {
            "popularity": interactions.popularity(),
            "history_offsets": histories.offsets,
            "history_items": histories.items,
            "history_ratings": histories.ratings,
            "history_rated_at": histories.rated_at,
        }
        parameters = {**self.parameters, "positive_rating": interactions.positive_rating}
        return Fitted(self.kind, {**common, **self.arrays}, parameters)

    def ranking_model(self) -> RankingModel:
        """The model as the server will rank with it; of a `complete` result only."""
        return RankingModel.from_arrays(self.kind, self.arrays, self.parameters)


class Recommender(Protocol):
    """An algorithm with its hyper-parameters; the constructor takes them all by keyword, with defaults."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """Hyper-parameters, as logged to MLflow."""
        ...

    def fit(self, interactions: Interactions) -> Fitted:
        """Learn from interactions; the same input gives the same arrays."""
        ...


class Incumbent(Protocol):
    """A fitted model with its axes, such as a loaded artifact."""

    @property
    def model(self) -> RankingModel:
        """What it learned."""
        ...

    @property
    def user_index(self) -> Mapping[str, int]:
        """Row of each external user id."""
        ...

    @property
    def item_index(self) -> Mapping[str, int]:
        """Row of each external movie id."""
        ...


@runtime_checkable
class WarmStarting(Protocol):
    """A `Recommender` that can go on from what another model has learned."""

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """Like `Recommender.fit`, faster; a cold fit when the incumbent holds nothing to start from."""
        ...


def fit(recommender: Recommender, interactions: Interactions, incumbent: Incumbent | None = None) -> Fitted:
    """Fit and complete; the way in which every caller fits.

    Args:
        recommender: the algorithm.
        interactions: what to learn from.
        incumbent: model to start from where the algorithm can; it must not have learned from anything later.
    """
    return learn(recommender, interactions, incumbent).complete(interactions)


def learn(recommender: Recommender, interactions: Interactions, incumbent: Incumbent | None) -> Fitted:
    """Fit from the incumbent when there is one and the algorithm can start from it, else cold; not completed."""
    if incumbent is not None and isinstance(recommender, WarmStarting):
        return recommender.fit_from(interactions, incumbent)
    return recommender.fit(interactions)


def recommender(name: str, parameters: Mapping[str, float] | None = None) -> Recommender:
    """Algorithm `name` with the given hyper-parameters, or its defaults.

    Raises:
        UsageError: no installed package offers it.
    """
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if name not in found:
        raise UsageError(
            f"No algorithm is called {name!r}.", f"Set MATINEE_ALGORITHM to one of {', '.join(sorted(found))}."
        )
    algorithm: Recommender = found[name].load()(**(parameters or {}))
    return algorithm
