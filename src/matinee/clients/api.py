"""Client of matinee's HTTP API, version 1: one method for each route, typed answers, matinee's own errors."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from matinee.errors import BadData, DependencyUnreachable, MatineeError, NotFound, Refused, UsageError
from matinee.ranking import Policy

SWAP_TIMEOUT_S = 900.0
"""A swap is answered when every worker has loaded and checked the model."""

NO_ANSWER = "api-unreachable"
"""Code of the error when it is the API server itself that does not answer."""

UNAUTHORIZED = "unauthorized"
"""Code of the error when the token is missing or wrong."""

_ERRORS = {error.http_status: error for error in (UsageError, NotFound, BadData, Refused)}

Id = Annotated[str, BeforeValidator(str)]
"""An opaque identifier; numbers are read as strings."""


class Answer(BaseModel):
    """Fields that are not known here are ignored: a newer server may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Movie(Answer):
    """A movie of the catalogue."""

    movie_id: Id
    title: str
    year: int | None
    genres: tuple[str, ...]


class Reason(Answer):
    """The rated movie that speaks most for a recommended one."""

    movie_id: Id
    title: str
    text: str


class RankedMovie(Movie):
    """A movie in a ranked list."""

    score: float
    """Comparable within its own list only."""

    reason: Reason | None = None


class Recommendations(Answer):
    """A ranked list, and how it was made."""

    user_id: Id | None = None
    policy: Policy
    model_version: Id | None
    run_id: str | None
    request_id: str
    items: tuple[RankedMovie, ...]


class SimilarMovies(Answer):
    """Movies like one movie, nearest first; the most popular ones when no model can tell (`policy` `popular`)."""

    movie_id: Id
    policy: Policy
    model_version: Id | None
    items: tuple[RankedMovie, ...]


class KnownRating(Answer):
    """A rating that the server knows of."""

    movie_id: Id
    title: str | None
    """None for a movie that the served model does not know."""

    rating: float
    """Stars."""

    rated_at: datetime
    source: Literal["training", "live"]
    """`training` when the served model has learned from it, else `live`."""


class User(Answer):
    """Somebody of whom ratings are known."""

    user_id: Id
    n_ratings: int


class StoredRatings(Answer):
    """What was stored, durably."""

    stored: int
    """Ratings that are new."""

    duplicates: int
    """Ratings that had been stored before."""


class HistoryItem(BaseModel):
    """One movie of an anonymous session."""

    movie_id: Id
    rating: float | None = None
    """Stars; None for a movie that was chosen, not rated."""

    rated_at: datetime | None = None


class Rating(BaseModel):
    """A rating to be stored."""

    user_id: Id
    movie_id: Id
    rating: Annotated[float, Field(gt=0)]
    """Stars."""

    rated_at: datetime | None = None
    """Default is the time at which the server receives it."""


class ModelInfo(Answer):
    """What the server ranks with; `version` is None before the first model."""

    name: str
    version: Id | None
    run_id: str | None
    algorithm: str
    chunk_id: int | None
    data_through: datetime | None
    """End of the time that the training data covers."""

    trained_at: datetime | None
    loaded_at: datetime
    metrics: Mapping[str, float]
    policy: Policy


class Swap(Answer):
    """A finished change of the served model."""

    version: Id
    previous_version: Id | None
    workers: int
    duration_s: float


_A = TypeVar("_A", bound=Answer)


class _Movies(Answer):
    items: tuple[Movie, ...]


class _Users(Answer):
    users: tuple[User, ...]


class _UserRatings(Answer):
    ratings: tuple[KnownRating, ...]


class _Problem(Answer):
    """A problem document (RFC 9457)."""

    type: str = ""
    title: str = ""
    detail: str = ""
    hint: str | None = None

    @property
    def code(self) -> str:
        """What the problem is, for programs; empty when it says no more than its status."""
        return self.type.rpartition("urn:matinee:problem:")[2] if self.type != "about:blank" else ""

    @property
    def said(self) -> str:
        """The most precise text that there is."""
        return self.detail or self.title


class Client:
    """Typed access to one API server; safe to share between threads.

    Every method raises:
        NotFound, UsageError, BadData, Refused: the server's problem document, by its status.
        DependencyUnreachable: the server did not answer, failed, or is not matinee's.
    """

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._url = url
        timeout = httpx.Timeout(timeout_s, connect=2.0)
        # The server is this machine's or a neighbour's: a proxy of the environment is never on the way to it.
        self._http = httpx.Client(base_url=url, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def recommendations(
        self,
        user_id: str,
        k: int = 10,
        genre: str | None = None,
        years: tuple[int, int] | None = None,
        *,
        exclude_seen: bool = True,
    ) -> Recommendations:
        """Best `k` movies for a user, known or new; with `years`, only those of these years (inclusive)."""
        parameters: dict[str, Any] = {"k": k, "genre": genre or "", "exclude_seen": exclude_seen}
        if years is not None:
            parameters |= {"year_from": years[0], "year_to": years[1]}
        return self._get(Recommendations, f"/v1/users/{segment(user_id)}/recommendations", parameters)

    def recommendations_for(
        self, history: Sequence[HistoryItem], k: int = 10, genre: str | None = None
    ) -> Recommendations:
        """Best `k` movies for an anonymous history."""
        items = [item.model_dump(mode="json", exclude_none=True) for item in history]
        body = {"history": items, "k": k} | ({"genre": genre} if genre else {})
        request = self._http.build_request("POST", "/v1/recommendations", json=body)
        return self._read(Recommendations, self._send(request))

    def movies(self, query: str = "", limit: int = 20) -> tuple[Movie, ...]:
        """Movies whose title contains every word of `query`, most popular first, at most `limit` (≤ 500).

        When there is none, typing errors are allowed.
        """
        return self._get(_Movies, "/v1/movies", {"query": query, "limit": limit}).items

    def movie(self, movie_id: str) -> Movie:
        """One movie of the catalogue."""
        return self._get(Movie, f"/v1/movies/{segment(movie_id)}")

    def similar(self, movie_id: str, k: int = 10) -> SimilarMovies:
        """The `k` movies most like one movie."""
        return self._get(SimilarMovies, f"/v1/movies/{segment(movie_id)}/similar", {"k": k})

    def ratings(self, user_id: str, limit: int = 100) -> tuple[KnownRating, ...]:
        """What the server knows of a user, newest first, at most `limit` (≤ 1,000); empty for a new one."""
        return self._get(_UserRatings, f"/v1/users/{segment(user_id)}/ratings", {"limit": limit}).ratings

    def users(self, beginning: str = "", limit: int = 10) -> tuple[User, ...]:
        """Users of whom a rating is known and whose id starts with `beginning`, at most `limit` (≤ 50)."""
        return self._get(_Users, "/v1/users", {"query": beginning, "limit": limit}).users

    def rate(self, *ratings: Rating, idempotency_key: str | None = None) -> StoredRatings:
        """Store ratings (1 to 1,000); they are durable when this returns.

        Args:
            ratings: the batch.
            idempotency_key: ratings that are sent again with the same key are stored once; default is a fresh key.
        """
        body = [rating.model_dump(mode="json", exclude_none=True) for rating in ratings]
        headers = {"Idempotency-Key": idempotency_key or uuid4().hex}
        request = self._http.build_request("POST", "/v1/ratings", json=body, headers=headers)
        return self._read(StoredRatings, self._send(request))

    def withdraw(self, user_id: str, movie_id: str) -> None:
        """Take back what a user said of a movie; it does not count any more when this returns."""
        path = f"/v1/users/{segment(user_id)}/ratings/{segment(movie_id)}"
        self._send(self._http.build_request("DELETE", path))

    def erase(self, user_id: str) -> None:
        """Forget all that is known of a user."""
        self._send(self._http.build_request("DELETE", f"/v1/users/{segment(user_id)}"))

    def model(self) -> ModelInfo:
        """What the server ranks with."""
        return self._get(ModelInfo, "/v1/model")

    def swap(self, token: str, version: str | None = None) -> Swap:
        """Make every worker serve `version` (default: the one in production).

        Args:
            token: bearer token of the API server.
            version: a registered version.
        """
        body = {} if version is None else {"version": version}
        headers = {"Authorization": f"Bearer {token}"}
        request = self._http.build_request("POST", "/v1/model", json=body, headers=headers, timeout=SWAP_TIMEOUT_S)
        return self._read(Swap, self._send(request))

    def is_ready(self) -> bool:
        """Whether the server can answer; never raises."""
        try:
            return self._http.get("/health/ready").is_success
        except httpx.HTTPError:
            return False

    def _get(self, kind: type[_A], path: str, parameters: Mapping[str, Any] | None = None) -> _A:
        return self._read(kind, self._send(self._http.build_request("GET", path, params=parameters)))

    def _send(self, request: httpx.Request) -> httpx.Response:
        """The successful answer to a request; every route may be asked twice without changing anything twice."""
        try:
            try:
                response = self._http.send(request)
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                # A kept connection dies with the server that restarts; a fresh one may find the new server.
                response = self._http.send(request)
        except httpx.HTTPError as error:
            raise self._unreachable(f"does not answer ({type(error).__name__})") from error
        if not response.is_success:
            raise self._error(response)
        return response

    def _read(self, kind: type[_A], response: httpx.Response) -> _A:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise self._unreachable(f"gave no {kind.__name__.lstrip('_')} of API version 1") from error

    def _error(self, response: httpx.Response) -> MatineeError:
        try:
            problem = _Problem.model_validate_json(response.content)
        except ValidationError:
            problem = _Problem(title=response.reason_phrase)
        if response.is_server_error:
            return self._unreachable(f"answered {response.status_code}: {problem.said}", problem.hint, problem.code)
        code = problem.code or (UNAUTHORIZED if response.status_code == 401 else "")
        return _ERRORS.get(response.status_code, UsageError)(problem.said, problem.hint or "", code=code)

    def _unreachable(self, what: str, hint: str | None = None, code: str = "") -> DependencyUnreachable:
        message = f"The API server at {self._url} {what.rstrip('.')}."
        return DependencyUnreachable(message, hint or "See that it runs: matinee status.", code=code or NO_ANSWER)


def segment(identifier: str) -> str:
    """An identifier as one segment of a path."""
    return quote(identifier, safe="")
