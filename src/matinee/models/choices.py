"""What an algorithm chooses by its ratings, such as λ and weights: kept for some days, and made again when that is due.

To choose takes longer than to fit with what was chosen, and from one day to the next little speaks for another choice.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from matinee.models.interactions import Interactions
from matinee.models.recommender import Recommender

LIFETIME = timedelta(days=7)
"""How long choices are kept, by the home's clock."""

GROWTH = 1.1
"""They are made again when there are so many times the ratings that they were made by."""


@runtime_checkable
class Choosing(Protocol):
    """A `Recommender` that chooses some of its hyper-parameters by what it learns from."""

    def choices(self, interactions: Interactions) -> Mapping[str, float]:
        """The best values by name; the same input gives the same ones."""
        ...

    def with_choices(self, values: Mapping[str, float]) -> Recommender:
        """The same algorithm with these values, which chooses nothing."""
        ...


@dataclass(frozen=True)
class ChoiceBasis:
    """What there is to choose by."""

    chunk_id: int
    """The newest chunk."""
    ends_at: datetime
    """End of that chunk, which is what time it is for the home."""
    n_ratings: int
    positive_rating: float
    without: tuple[int, ...]
    """Chunks up to the newest that are not learned from, rising."""


@dataclass(frozen=True)
class Choices:
    """Values by name, and what they were chosen by."""

    values: Mapping[str, float]
    basis: ChoiceBasis

    @property
    def as_json(self) -> str:
        """One line, which `of_json` reads."""
        return json.dumps({**asdict(self), "basis": {**asdict(self.basis), "ends_at": self.basis.ends_at.isoformat()}})

    @classmethod
    def of_json(cls, line: str) -> "Choices":
        """What `as_json` wrote."""
        read = json.loads(line)
        basis = ChoiceBasis(**read["basis"])
        ends_at = datetime.fromisoformat(read["basis"]["ends_at"])
        return cls(read["values"], replace(basis, ends_at=ends_at, without=tuple(basis.without)))

    def due(self, now: ChoiceBasis) -> str:
        """Why they have to be made again for what there is now; empty when they need not."""
        was = self.basis
        if now.positive_rating != was.positive_rating:
            return f"what counts as liked has changed to {now.positive_rating:g} stars"
        if _up_to(was.chunk_id, now.without) != was.without:
            return f"what is learned of the chunks up to {was.chunk_id} has changed"
        if now.ends_at - was.ends_at >= LIFETIME:
            return f"those of chunk {was.chunk_id} are {LIFETIME.days} days old or more"
        if now.n_ratings >= GROWTH * was.n_ratings:
            return f"there are a tenth more ratings than at chunk {was.chunk_id}"
        return ""


def _up_to(chunk_id: int, chunks: Collection[int]) -> tuple[int, ...]:
    return tuple(each for each in chunks if each <= chunk_id)


def chosen(algorithm: Recommender, choices: Choices | None) -> Recommender:
    """The algorithm with choices that were made; as it is when it makes none, or none are known."""
    if choices is None or not isinstance(algorithm, Choosing):
        return algorithm
    return algorithm.with_choices(choices.values)
