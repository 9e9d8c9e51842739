"""What an algorithm is and what it gives: `Fitted` arrays of a kind that `matinee.ranking` scores.

An algorithm is a class with a `fit` method, found through the entry-point group `matinee.models`. Nothing of it is
needed where the model is served.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeGuard, runtime_checkable

from numpy.typing import NDArray

from matinee.artifact.write import Contents
from matinee.errors import UsageError
from matinee.models.interactions import Interactions
from matinee.ranking import RankingModel

ENTRY_POINTS = "matinee.models"


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
        common: dict[str, NDArray[Any]] = {"popularity": interactions.popularity(), **histories.arrays}
        parameters = {**self.parameters, "positive_rating": interactions.positive_rating}
        return Fitted(self.kind, {**common, **self.arrays}, parameters)

    def ranking_model(self) -> RankingModel:
        """The model as the server will rank with it; of a `complete` result only."""
        return RankingModel.from_arrays(self.kind, self.arrays, self.parameters)

    def contents(self, algorithm: str, interactions: Interactions, chunk_id: int) -> Contents:
        """What an artifact is written from; of a `complete` result only.

        Args:
            algorithm: name of the algorithm.
            interactions: what it learned from.
            chunk_id: newest chunk that it learned from.
        """
        return Contents(
            algorithm=algorithm,
            kind=self.kind,
            arrays=self.arrays,
            parameters=self.parameters,
            user_ids=interactions.user_ids,
            movie_ids=interactions.movie_ids,
            data_through=interactions.data_through,
            chunk_id=chunk_id,
        )


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


def starts_warm(recommender: Recommender) -> TypeGuard[WarmStarting]:
    """Whether an incumbent is of use to it; one that can do without, as it is set, says so by `starts_warm`."""
    return isinstance(recommender, WarmStarting) and bool(getattr(recommender, "starts_warm", True))


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
    if incumbent is not None and starts_warm(recommender):
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
