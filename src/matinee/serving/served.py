"""A model as it is served: what ranks, whose rows are whose, and where it comes from. Never changed, only replaced."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from matinee.models.artifact import Artifact
from matinee.ranking import History, Ranking, RankingModel, recommend, similar
from matinee.ratings.feedback import StoredRating
from matinee.serving.catalogue import Catalogue

NAME = "movie-recommender"
"""Name of the registered model."""


class Registered(BaseModel):
    """A registered version, as MLflow knows it."""

    model_config = ConfigDict(frozen=True)

    version: str
    run_id: str
    source: str
    """URI of the logged model's files."""
    metrics: dict[str, float] = {}
    """Metrics of its run."""

    def is_same_as(self, other: "Registered | None") -> bool:
        """Whether both are one version; the number alone does not tell when a registry was set up anew."""
        return other is not None and (self.version, self.run_id) == (other.version, other.run_id)


@dataclass(frozen=True)
class Provenance:
    """What a model was made of."""

    algorithm: str
    chunk_id: int | None
    data_through: datetime | None
    trained_at: datetime | None


@dataclass(frozen=True)
class ServedModel:
    """Everything that an answer needs."""

    model: RankingModel
    user_index: Mapping[str, int]
    catalogue: Catalogue
    provenance: Provenance
    registered: Registered | None
    """None for the popularity fallback."""
    loaded_at: datetime

    @classmethod
    def of(cls, artifact: Artifact, registered: Registered) -> Self:
        """A registered version, ready to answer."""
        manifest = artifact.manifest
        served = cls(
            model=artifact.model,
            user_index=artifact.user_index,
            catalogue=Catalogue(artifact.movies, artifact.item_index, artifact.model.popularity),
            provenance=Provenance(manifest.algorithm, manifest.chunk_id, manifest.data_through, manifest.trained_at),
            registered=registered,
            loaded_at=datetime.now(UTC),
        )
        served._warm_up()
        return served

    @property
    def version(self) -> str | None:
        """Registered version; None for the fallback."""
        return self.registered.version if self.registered else None

    @property
    def run_id(self) -> str | None:
        """MLflow run; None for the fallback."""
        return self.registered.run_id if self.registered else None

    @property
    def policy(self) -> Literal["learned", "popular"]:
        """Whether it has learned more than popularity."""
        return "popular" if self.model.scorer is None else "learned"

    def similar(self, movie_id: str, k: int) -> Ranking:
        """The `k` movies nearest to one; see `matinee.ranking.similar`.

        Raises:
            NotFound: the movie is not in the catalogue.
        """
        return similar(self.model, self.catalogue.row(movie_id), k)

    def news(self, ratings: Sequence[StoredRating]) -> History:
        """A user's live ratings on matrix rows, oldest first; movies that the model does not know are left out.

        Ratings of one second are put in the order of training, so that a model which has learned from all of them
        recognises them.
        """
        known = [
            (int(r.rated_at.timestamp()), row, r.rating)
            for r in ratings
            if (row := self.catalogue.find(r.movie_id)) is not None
        ]
        return _history(sorted(known))

    def session(self, entries: Sequence[tuple[str, float]]) -> History:
        """An anonymous history of movie ids and stars, oldest first, on matrix rows; whoever sends it is here now."""
        now_s = int(time.time())
        rows = [(self.catalogue.find(movie_id), rating) for movie_id, rating in entries]
        return _history([(now_s + order, row, rating) for order, (row, rating) in enumerate(rows) if row is not None])

    def _warm_up(self) -> None:
        """Compute what is kept after its first use, before anybody waits for it."""
        if len(self.catalogue) > 0:
            recommend(self.model, None, _history([(0, 0, 5.0)]))
            self.catalogue.search("", 1)


def _history(entries: Sequence[tuple[int, int, float]]) -> History:
    """A history from (seconds, row, stars)."""
    return History(
        items=np.array([row for _, row, _ in entries], np.int32),
        ratings=np.array([rating for _, _, rating in entries], np.float32),
        rated_at=np.array([seconds for seconds, _, _ in entries], np.int64),
    )
