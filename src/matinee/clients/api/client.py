"""Client of matinee's HTTP API, version 1: one method for each route, typed answers, matinee's own errors."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

from matinee.clients.api.transport import Transport
from matinee.clients.schemas.chunks import Chunk, Chunks
from matinee.clients.schemas.comparisons import Challengers, Freshness
from matinee.clients.schemas.events import Event, KnownEvent
from matinee.clients.schemas.fields import Aggregation
from matinee.clients.schemas.findings import Findings
from matinee.clients.schemas.histories import FoundHistory
from matinee.clients.schemas.model import Coverage, Model, Swap, SwapRequest
from matinee.clients.schemas.movies import CatalogueMovie, Movie, MovieEdit, Movies, NewMovie, SimilarMovies
from matinee.clients.schemas.operations import Ready
from matinee.clients.schemas.ratings import KnownRating, Rating, StoredRatings, UserRatings
from matinee.clients.schemas.recommendations import (
    GroupRecommendations,
    HistoryEntry,
    ListOptions,
    Recommendations,
    Session,
    UserListOptions,
)
from matinee.clients.schemas.runs import Advance, Promote, Resume, RollBack, Run, RunProgress, Runs
from matinee.clients.schemas.users import User, Users
from matinee.clients.schemas.versions import VersionRecord, Versions
from matinee.clients.schemas.watch_lists import WatchList

TIMEOUT_S = 15.0
"""Longest silence of the server, but for a swap."""

SWAP_TIMEOUT_S = 900.0
"""A swap is answered when every worker has loaded and checked the model."""


class Client:
    """Typed access to one API server; safe to share between threads.

    Every method raises:
        NotFound, UsageError, BadData, Refused: the server's problem document, by its status.
        DependencyUnreachable: the server did not answer, failed, or is not matinee's.
    """

    def __init__(self, url: str, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        """A client of the server at `url`; `token` is needed for what changes the model or the pipeline."""
        self._transport = Transport(url, timeout_s)
        self._token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def is_ready(self) -> bool:
        """Whether the server can answer; never raises."""
        return self._transport.succeeds("/health/ready")

    def readiness(self) -> Ready:
        """What the server says of itself; an error when it cannot answer."""
        return self._transport.get(Ready, "/health/ready")

    def recommendations(
        self,
        user_id: str,
        k: int = 10,
        genre: str | None = None,
        years: tuple[int, int] | None = None,
        *,
        exclude_seen: bool = True,
        options: UserListOptions | ListOptions | None = None,
    ) -> Recommendations:
        """Best `k` movies for a user, known or new; with `years`, only those of these years (inclusive).

        What `options` say besides comes on top, and goes before what the other arguments say.
        """
        parameters: dict[str, Any] = {"k": k, "genre": genre or "", "exclude_seen": exclude_seen}
        if years is not None:
            parameters |= {"year_from": years[0], "year_to": years[1]}
        if options is not None:
            parameters |= options.model_dump(mode="json", exclude_defaults=True)
        return self._transport.get(Recommendations, f"/v1/users/{_segment(user_id)}/recommendations", parameters)

    def recommendations_for(
        self,
        history: Sequence[HistoryEntry],
        k: int = 10,
        genre: str | None = None,
        options: ListOptions | None = None,
    ) -> Recommendations:
        """Best `k` movies for an anonymous history; `options` as in `recommendations`."""
        session = Session(history=tuple(history), k=k, genre=genre)
        body = session.model_dump(mode="json", exclude_none=True)
        if options is not None:
            body |= options.model_dump(mode="json", exclude_defaults=True)
        return self._transport.post(Recommendations, "/v1/recommendations", body, {})

    def recommendations_for_group(
        self,
        user_ids: Sequence[str],
        k: int = 10,
        aggregation: Aggregation = "least_misery",
        options: UserListOptions | ListOptions | None = None,
    ) -> GroupRecommendations:
        """Best `k` movies for up to ten users together; `options` as in `recommendations`."""
        more = {} if options is None else options.model_dump(mode="json", exclude_defaults=True)
        # The last one is empty: ids are read as they are where there are several.
        parameters = {"users": [*user_ids, ""], "k": k, "aggregation": aggregation, **more}
        return self._transport.get(GroupRecommendations, "/v1/recommendations", parameters)

    def movies(self, query: str = "", limit: int = 20) -> tuple[Movie, ...]:
        """Movies whose title contains every word of `query`, most popular first, at most `limit` (≤ 500).

        When there is none, typing errors are allowed.
        """
        return self._transport.get(Movies, "/v1/movies", {"query": query, "limit": limit}).items

    def movie(self, movie_id: str) -> Movie:
        """One movie of the catalogue."""
        return self._transport.get(Movie, f"/v1/movies/{_segment(movie_id)}")

    def put_movie(self, movie_id: str, movie: NewMovie) -> CatalogueMovie:
        """Add a movie, or say anew what is known of one. Needs the token."""
        body = movie.model_dump(mode="json")
        return self._transport.change(
            CatalogueMovie, "PUT", f"/v1/movies/{_segment(movie_id)}", body, self._authorization
        )

    def change_movie(self, movie_id: str, edit: MovieEdit) -> CatalogueMovie:
        """Change what is set in `edit`. Needs the token."""
        body = edit.model_dump(mode="json", exclude_unset=True)
        return self._transport.change(
            CatalogueMovie, "PATCH", f"/v1/movies/{_segment(movie_id)}", body, self._authorization
        )

    def retire_movie(self, movie_id: str) -> None:
        """Take a movie out of the catalogue; ratings of it still count. Needs the token."""
        self._transport.send("DELETE", f"/v1/movies/{_segment(movie_id)}", headers=self._authorization)

    def similar(self, movie_id: str, k: int = 10) -> SimilarMovies:
        """The `k` movies most like one movie."""
        return self._transport.get(SimilarMovies, f"/v1/movies/{_segment(movie_id)}/similar", {"k": k})

    def ratings(self, user_id: str, limit: int = 100) -> tuple[KnownRating, ...]:
        """What the server knows of a user, newest first, at most `limit` (≤ 1,000); empty for a new one."""
        return self._transport.get(UserRatings, f"/v1/users/{_segment(user_id)}/ratings", {"limit": limit}).ratings

    def users(self, beginning: str = "", limit: int = 10) -> tuple[User, ...]:
        """Users of whom a rating is known and whose id starts with `beginning`, at most `limit` (≤ 50)."""
        return self._transport.get(Users, "/v1/users", {"query": beginning, "limit": limit}).users

    def rate(self, *ratings: Rating, idempotency_key: str | None = None) -> StoredRatings:
        """Store ratings (1 to 1,000); they are durable when this returns.

        Args:
            ratings: the batch.
            idempotency_key: ratings that are sent again with the same key are stored once; default is a fresh key.
        """
        body = [rating.model_dump(mode="json", exclude_none=True) for rating in ratings]
        return self._transport.post(StoredRatings, "/v1/ratings", body, _key(idempotency_key))

    def send_events(self, *events: Event, idempotency_key: str | None = None) -> StoredRatings:
        """Store events (1 to 1,000), as `rate` stores ratings."""
        body = [event.model_dump(mode="json", exclude_none=True) for event in events]
        return self._transport.post(StoredRatings, "/v1/events", body, _key(idempotency_key))

    def history(self, content: bytes) -> FoundHistory:
        """What an export of Letterboxd, IMDb, Trakt or Netflix says of movies of the catalogue; stores nothing."""
        return self._transport.read(FoundHistory, "POST", "/v1/history", content)

    def known_events(self, user_id: str, limit: int = 100) -> tuple[KnownEvent, ...]:
        """What the server knows of a user besides ratings, newest first, at most `limit` (≤ 1,000)."""
        return self._transport.get(UserRatings, f"/v1/users/{_segment(user_id)}/ratings", {"limit": limit}).events

    def watch_list(self, user_id: str) -> WatchList:
        """What a user wants to watch, the newest first."""
        return self._transport.get(WatchList, f"/v1/users/{_segment(user_id)}/watchlist")

    def put_on_watch_list(self, user_id: str, movie_id: str) -> None:
        """Put a movie on a user's watch list; it is durable when this returns."""
        self._transport.send("PUT", f"/v1/users/{_segment(user_id)}/watchlist/{_segment(movie_id)}")

    def take_off_watch_list(self, user_id: str, movie_id: str) -> None:
        """Take a movie off a user's watch list."""
        self._transport.send("DELETE", f"/v1/users/{_segment(user_id)}/watchlist/{_segment(movie_id)}")

    def withdraw(self, user_id: str, movie_id: str) -> None:
        """Take back what a user said of a movie; it does not count any more when this returns."""
        self._transport.send("DELETE", f"/v1/users/{_segment(user_id)}/ratings/{_segment(movie_id)}")

    def erase(self, user_id: str) -> None:
        """Forget all that is known of a user."""
        self._transport.send("DELETE", f"/v1/users/{_segment(user_id)}")

    def model(self) -> Model:
        """What the server ranks with."""
        return self._transport.get(Model, "/v1/model")

    def coverage(self) -> Coverage:
        """How much of the catalogue was recommended since the served model was loaded."""
        return self._transport.get(Coverage, "/v1/model/coverage")

    def swap(self, version: str | None = None) -> Swap:
        """Make every worker serve a registered `version` (default: the one in production). Needs the token."""
        body = SwapRequest(version=version).model_dump(exclude_none=True)
        return self._transport.post(Swap, "/v1/model", body, self._authorization, timeout=SWAP_TIMEOUT_S)

    def versions(self, limit: int = 100) -> Versions:
        """Registered versions, newest first."""
        return self._transport.get(Versions, "/v1/versions", {"limit": limit})

    def version(self, version: str) -> VersionRecord:
        """One version, with the record of the decision on it."""
        return self._transport.get(VersionRecord, f"/v1/versions/{_segment(version)}")

    def recommended_by(self, version: str, user_id: str, k: int = 10) -> Recommendations:
        """What a version that is on the server's disk would recommend to a user."""
        path = f"/v1/versions/{_segment(version)}/users/{_segment(user_id)}/recommendations"
        return self._transport.get(Recommendations, path, {"k": k})

    def chunks(self, limit: int = 100) -> tuple[Chunk, ...]:
        """Chunks of ratings, newest first."""
        return self._transport.get(Chunks, "/v1/chunks", {"limit": limit}).chunks

    def runs(self, limit: int = 10) -> tuple[Run, ...]:
        """Runs of the pipeline, newest first, whoever asked for them."""
        return self._transport.get(Runs, "/v1/runs", {"limit": limit}).runs

    def run(self, run_id: str) -> RunProgress:
        """How far a run is."""
        return self._transport.get(RunProgress, f"/v1/runs/{_segment(run_id)}")

    def advance(self, key: str | None = None) -> Run:
        """Take the next chunk, train, and let the gate decide. Needs the token.

        With a `key` that was given before, nothing new is started.
        """
        return self._start(Advance(action="advance"), key)

    def roll_back(self, reason: str, key: str | None = None) -> Run:
        """Go back to the version that served before; `key` as in `advance`. Needs the token."""
        return self._start(RollBack(action="roll_back", reason=reason), key)

    def promote(self, version: str, reason: str, key: str | None = None) -> Run:
        """Put a version into production, whatever the gate said; `key` as in `advance`. Needs the token."""
        return self._start(Promote(action="promote", version=version, reason=reason), key)

    def resume(self, reason: str, key: str | None = None) -> Run:
        """End the hold that a rollback began; `key` as in `advance`. Needs the token."""
        return self._start(Resume(action="resume", reason=reason), key)

    def challengers(self) -> Challengers:
        """How the algorithms do that are compared with the one in production."""
        return self._transport.get(Challengers, "/v1/challengers")

    def freshness(self) -> Freshness:
        """What production gains over itself of some days ago."""
        return self._transport.get(Freshness, "/v1/freshness")

    def findings(self) -> Findings:
        """What the doctor finds of a running matinee."""
        return self._transport.get(Findings, "/v1/findings")

    def _start(self, wanted: Advance | RollBack | Promote | Resume, key: str | None) -> Run:
        return self._transport.post(Run, "/v1/runs", wanted.model_dump(), self._authorization | _key(key))

    @property
    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _key(given: str | None) -> dict[str, str]:
    """The header with which a request that is sent twice counts once."""
    return {"Idempotency-Key": given or uuid4().hex}


def _segment(identifier: str) -> str:
    """An identifier as one segment of a path."""
    return quote(identifier, safe="")
