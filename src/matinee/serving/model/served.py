"""A model as it is served: what ranks, whose rows are whose, and where it comes from. Never changed, only replaced."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, Self

import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict

from matinee.artifact import Artifact
from matinee.artifact.ids import Ids
from matinee.catalogue.features import N_RATINGS
from matinee.errors import BadData, UsageError
from matinee.ranking import (
    EVENTS,
    Aggregation,
    Events,
    Filters,
    History,
    ListRequest,
    Mask,
    Ranking,
    RankingModel,
    Reason,
    UserRef,
    recommend,
    recommend_many,
    recommend_to_group,
    similar,
)
from matinee.ratings.feedback.store import StoredRating
from matinee.serving.model.catalogue import Catalogue
from matinee.serving.model.reason_words import BECAUSE, ReasonWords
from matinee.serving.model.recent_requests import RecentRequests

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
    origin: "ServedModel | None" = None
    """The model as it was loaded, if people have changed its catalogue since."""
    _because: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """What `because` has said to one user of a rated movie, by language, but for how much it adds."""

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

    @cached_property
    def new_movies(self) -> Mask:
        """Movies of which little is known: fewer than `N_RATINGS` ratings; shape (n_movies,)."""
        return np.asarray(self.model.n_ratings < N_RATINGS, bool)

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
    def benefits_from_batching(self) -> bool:
        """Whether several lists cost less when they are made at once."""
        return self.model.scorer is not None and self.model.scorer.benefits_from_batching

    def is_same_as(self, other: "ServedModel") -> bool:
        """Whether both give the same answers: one version, with one catalogue."""
        is_one_version = self.registered is not None and self.registered.is_same_as(other.registered)
        return is_one_version and self.model is other.model and self.catalogue is other.catalogue

    def request(self, wanted: ListRequest, user: UserRef) -> ListRequest:
        """What is `wanted`, for this user, with the movies of this catalogue that pass its filters.

        Raises:
            UsageError: no movie has the genre.
        """
        request = wanted._replace(user=user, candidates=self.catalogue.candidates(wanted.filters))
        self.recent.note(request)
        return request

    def rank(self, requests: Sequence[ListRequest]) -> list[Ranking]:
        """See `matinee.ranking.recommend_many`."""
        return recommend_many(self.model, requests)

    def rank_together(self, members: Sequence[ListRequest], aggregation: Aggregation) -> Ranking:
        """See `matinee.ranking.recommend_to_group`."""
        return recommend_to_group(self.model, members, aggregation)

    def because(self, reason: Reason | None, words: ReasonWords = BECAUSE) -> bytes:
        """The member `reason` of a movie in a list as JSON, with a comma before it; empty when there is none."""
        if reason is None:
            return b""
        if reason.member is not None:
            opened = self._opened_reason(reason, words)
        elif (key := (words.language, reason.item)) in self._because:
            opened = self._because[key]
        else:
            opened = self._because[key] = self._opened_reason(reason, words)
        return b"".join((opened, orjson.dumps(reason.contribution), b"}"))

    def _opened_reason(self, reason: Reason, words: ReasonWords) -> bytes:
        title = self.catalogue.title(reason.item)
        text, user_id = words.told(reason.member, title)
        content = {"movie_id": self.catalogue.movie_id(reason.item), "title": title, "text": text}
        if user_id is not None:
            content["user_id"] = user_id
        return b',"reason":' + orjson.dumps(content)[:-1] + b',"contribution":'

    def similar(self, movie_id: str, k: int) -> Ranking:
        """The `k` movies nearest to one; see `matinee.ranking.similar`.

        Raises:
            NotFound: the movie is not in the catalogue.
        """
        return similar(self.model, self.catalogue.row(movie_id), k, self.catalogue.candidates(Filters()))

    def news(self, ratings: Sequence[StoredRating]) -> History:
        """A user's live events on matrix rows, oldest first; movies that the model does not know are left out.

        Ratings of one second are put in the order of training, so that a model which has learned from all of them
        recognises them.
        """
        if not ratings:
            return NO_NEWS
        known = sorted(
            (int(r.rated_at.timestamp()), row, r.stands_for, EVENTS.index(r.event), r.weight)
            for r in ratings
            if (row := self.catalogue.find(r.movie_id)) is not None
        )
        history = _history([entry[:3] for entry in known])
        codes, weights = [each[3] for each in known], [each[4] for each in known]
        if not any(codes):  # ratings only
            return history
        return replace(history, events=Events(np.array(codes, np.uint8), np.array(weights, np.float32)))

    def session(self, entries: Sequence[tuple[str, float]]) -> History:
        """An anonymous history of movie ids and stars, oldest first, on matrix rows; whoever sends it is here now."""
        now_s = int(time.time())
        rows = [(self.catalogue.find(movie_id), rating) for movie_id, rating in entries]
        return _history([(now_s + order, row, rating) for order, (row, rating) in enumerate(rows) if row is not None])

    def replay(self, before: "ServedModel") -> None:
        """Answer what the model `before` was asked recently.

        Raises:
            BadData: a request that can be answered is not.
        """
        for wanted in before.recent.all():
            try:
                self.rank([self.request(wanted, self._user_like(wanted.user, before))])
            except UsageError:  # it asks for a genre that this catalogue does not have
                continue
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise BadData(
                    f"A request that people make cannot be answered ({error!r}).", "Train it again."
                ) from error

    def _user_like(self, user: UserRef, before: "ServedModel") -> UserRef:
        """A user of another model: the one in the same row here, or one with the same history on the rows of this."""
        if user.user_index is not None and user.user_index < self.model.n_users:
            return self.model.user(user.user_index, now=user.now)
        history = user.history
        rated = zip(history.rated_at.tolist(), history.items.tolist(), history.ratings.tolist(), strict=True)
        entries = [each for each in rated if each[1] < len(before.catalogue)]  # movies may have been added since
        known = [
            (seconds, self.catalogue.find(before.catalogue.movie_id(row)), stars) for seconds, row, stars in entries
        ]
        translated = _history([(seconds, row, stars) for seconds, row, stars in known if row is not None])
        return UserRef(translated, now=user.now)

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
