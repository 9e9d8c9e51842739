"""A model as it is served: what ranks, whose rows are whose, and where it comes from. Never changed, only replaced."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Self

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict

from matinee.artifact.artifact import Artifact
from matinee.artifact.ids import Ids
from matinee.errors import BadData, UsageError
from matinee.ranking import (
    Asked,
    FactorScorer,
    History,
    Ranking,
    RankingModel,
    Reason,
    recommend,
    recommend_many,
    similar,
)
from matinee.ratings.feedback.store import StoredRating
from matinee.serving.model.catalogue import Catalogue, Filters
from matinee.serving.model.recent_requests import RecentRequests, Request

NAME = "movie-recommender"
"""Name of the registered model."""

NO_NEWS = History.empty()


class Registered(BaseModel):
    """A registered version, as MLflow knows it."""

    model_config = ConfigDict(frozen=True)

    version: str
    run_id: str
    source: str
    """URI of the logged model's files."""
    metrics: dict[str, float] = {}
    """Metrics of its run."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells versions apart; the number alone does not when a registry was set up anew."""
        return self.version, self.run_id

    def is_same_as(self, other: "Registered | None") -> bool:
        """Whether both are one version."""
        return other is not None and self.key == other.key


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
    user_index: Ids
    catalogue: Catalogue
    provenance: Provenance
    registered: Registered | None
    """None for the popularity fallback."""
    loaded_at: datetime
    recent: RecentRequests = field(default_factory=RecentRequests)
    """What it was asked."""
    _because: dict[int, bytes] = field(default_factory=dict)
    """What `because` has said of a rated movie, but for how much it adds."""

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

    @property
    def gains_from_company(self) -> bool:
        """Whether several lists cost less when they are made at once."""
        return isinstance(self.model.scorer, FactorScorer)

    @property
    def recall_at_10(self) -> float:
        """Share of the true best ten that its lists hold: 1 where no index is used."""
        search = getattr(self.model.scorer, "search", None)
        return 1.0 if search is None else search.recall_at_10

    def asked(
        self,
        user_index: int | None,
        news: History,
        k: int,
        filters: Filters,
        *,
        exclude_seen: bool = True,
        reasons: bool = False,
    ) -> Asked:
        """What `rank` is asked for the best `k` movies that pass the filters.

        Raises:
            UsageError: no movie has the genre.
        """
        self.recent.note(Request(user_index, news, k, filters, exclude_seen, reasons))
        return Asked(user_index, news, k, self.catalogue.candidates(filters), exclude_seen, reasons)

    def rank(self, asked: Sequence[Asked]) -> list[Ranking]:
        """See `matinee.ranking.recommend_many`."""
        return recommend_many(self.model, asked)

    def because(self, reason: Reason | None) -> bytes:
        """The member `reason` of a movie in a list as JSON, with a comma before it; empty when there is none."""
        if reason is None:
            return b""
        return b"".join((self._because_of(reason.item), orjson.dumps(reason.contribution), b"}"))

    def _because_of(self, item_index: int) -> bytes:
        opened = self._because.get(item_index)
        if opened is None:
            movie_id, title = self.catalogue.movie_id(item_index), self.catalogue.title(item_index)
            reason = {"movie_id": movie_id, "title": title, "text": f"because you rated {title}"}
            opened = b',"reason":' + orjson.dumps(reason)[:-1] + b',"contribution":'
            self._because[item_index] = opened
        return opened

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
        if not ratings:
            return NO_NEWS
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

    def rehearse(self, before: "ServedModel") -> None:
        """Answer what the model `before` was asked lately.

        Raises:
            BadData: a request that can be answered is not.
        """
        for request in before.recent.all():
            is_known = request.user_index is not None and request.user_index < self.model.n_users
            user_index = request.user_index if is_known else None
            news = self._translated(request.news, before)
            try:
                asked = self.asked(
                    user_index,
                    news,
                    request.k,
                    request.filters,
                    exclude_seen=request.exclude_seen,
                    reasons=request.reasons,
                )
                self.rank([asked])
            except UsageError:  # it asks for a genre that is no more
                continue
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise BadData(
                    f"A request that people make cannot be answered ({error!r}).", "Train it again."
                ) from error

    def _translated(self, news: History, before: "ServedModel") -> History:
        """News of another model's rows on the rows of this one."""
        entries = zip(news.rated_at.tolist(), news.items.tolist(), news.ratings.tolist(), strict=True)
        known = [
            (seconds, self.catalogue.find(before.catalogue.movie_id(row)), stars) for seconds, row, stars in entries
        ]
        return _history([(seconds, row, stars) for seconds, row, stars in known if row is not None])

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
