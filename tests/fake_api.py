"""A small API server: the routes of ours on a real loopback port, answers from memory, made of the same schemas."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

from matinee.clients.api import Client
from matinee.clients.schemas.chunks import Chunk, Chunks
from matinee.clients.schemas.comparisons import Challengers, Freshness
from matinee.clients.schemas.events import Events, KnownEvent
from matinee.clients.schemas.findings import Finding, Findings
from matinee.clients.schemas.model import Coverage, Model, Swap, SwapRequest
from matinee.clients.schemas.movies import Movie, Movies, RankedMovie, Reason, SimilarMovies
from matinee.clients.schemas.operations import Ready
from matinee.clients.schemas.ratings import KnownRating, Ratings, StoredRatings, UserRatings
from matinee.clients.schemas.recommendations import Recommendations, Session
from matinee.clients.schemas.users import User, Users
from matinee.clients.schemas.versions import (
    Check,
    Decision,
    GateQuestion,
    ModelEvent,
    TimeServed,
    Version,
    VersionRecord,
    Versions,
)
from matinee.clients.schemas.watch_lists import WatchList, WatchListEntry
from matinee.drift.records import ChunkStatistics
from matinee.errors import DependencyUnreachable, MatineeError, NotFound
from matinee.ratings.scale import FIVE_STARS
from matinee.serving import problems
from matinee.serving.rating_scale import require_on_scale

TOKEN = "a-token-of-the-tests"
TRAINED = datetime(1997, 11, 19, tzinfo=UTC)
CATALOGUE = {
    movie.movie_id: movie
    for movie in [
        Movie(movie_id="1", title="Star Wars", year=1977, genres=["Action", "Sci-Fi"]),
        Movie(movie_id="2", title="Godfather, The", year=1972, genres=["Crime", "Drama"]),
        Movie(movie_id="3", title="M*A*S*H", year=1970, genres=["Comedy", "War"]),
        Movie(movie_id="4", title="Alien", year=1979, genres=["Horror", "Sci-Fi"]),
        Movie(movie_id="5", title="Postino, Il", year=1994, genres=["Drama", "Romance"]),
        Movie(movie_id="6", title="Blade Runner", year=1982, genres=["Film-Noir", "Sci-Fi"]),
        *(Movie(movie_id=str(n), title=f"Drama {n}", year=1990, genres=["Drama"]) for n in range(7, 20)),
    ]
}


@dataclass
class FakeApi:
    """Answers like the API server: popular movies first, movies of the last liked one's genres before them."""

    version: str | None = "3"
    metrics: dict[str, float] = field(default_factory=lambda: {"ndcg_at_10": 0.0712, "popularity_ndcg_at_10": 0.0385})
    ratings: dict[str, list[KnownRating]] = field(default_factory=dict)
    events_of: dict[str, list[KnownEvent]] = field(default_factory=dict)
    watch_lists: dict[str, dict[str, datetime]] = field(default_factory=dict)
    receipts: dict[str, StoredRatings] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    policy: Literal["learned", "popular"] = "learned"
    has_movies: bool = True
    is_down: bool = False
    mlflow_is_down: bool = False
    chunks: list[Chunk] = field(default_factory=list)
    run_keys: list[str] = field(default_factory=list)
    started: list[dict[str, str]] = field(default_factory=list)
    outcome: str = "promoted"
    """Of a run that succeeded."""
    refusal: MatineeError | None = None
    """What starting a run is answered with."""
    versions: dict[str, dict[str, object]] = field(default_factory=dict)
    """What is odd about a version."""
    checks: list[Check] = field(
        default_factory=lambda: [
            Check(
                name="beats popularity",
                passed=True,
                finding="it is better",
                numbers={"candidate": 0.2, "popularity": 0.1, "n_users": 35},
            ),
            Check(name="something new", passed=False, finding="it is *odd*"),
        ]
    )
    """Of every decision."""
    questions: list[GateQuestion] = field(default_factory=list)
    """Of every decision, which compared with the version before."""
    events: dict[str, list[ModelEvent]] = field(default_factory=dict)
    """Of a version."""
    coverage: tuple[float, int] = (0.125, 21)
    """Share of the catalogue that was shown, and in how many lists."""
    registered: list[str] = field(default_factory=lambda: ["3", "2", "1"])
    """Newest first."""
    roll_back_to: str | None = "2"
    is_held: bool = False
    challengers: Challengers = field(default_factory=lambda: Challengers(champion=None, challengers=()))
    freshness: Freshness = field(default_factory=lambda: Freshness(gains=(), by_chunk=()))
    findings: list[Finding] = field(default_factory=lambda: [Finding(what="disk", ok=True, detail="9 GB free for /h")])
    progress: list[str] = field(default_factory=lambda: ["success"])
    problems: dict[str, str] = field(default_factory=dict)
    """Parts of the server that do not work."""
    url: str = ""

    def run(self) -> dict[str, object]:
        """The newest run."""
        action = self.started[-1]["action"]
        state = self.progress[0]
        return {
            "run_id": "r:1",
            "action": action,
            "state": state,
            "asked_at": None,
            "ended_at": None,
            "chunk_id": 3,
            "reason": "",
        }

    def known(self, user_id: str) -> list[KnownRating]:
        return sorted(self.ratings.get(user_id, []), key=lambda known: known.rated_at, reverse=True)

    def remember(self, user_id: str, movie_id: str, stars: float, source: str, rated_at: datetime) -> None:
        others = [known for known in self.ratings.get(user_id, []) if known.movie_id != movie_id]
        title = CATALOGUE[movie_id].title if movie_id in CATALOGUE else None
        news = KnownRating(movie_id=movie_id, title=title, rating=stars, rated_at=rated_at, source=source)
        self.ratings[user_id] = [*others, news]

    def ranked(self, history: list[KnownRating], k: int, genre: str | None) -> dict[str, object]:
        liked = [known for known in history if known.rating >= 4 and known.movie_id in CATALOGUE]
        wanted = set(CATALOGUE[liked[0].movie_id].genres) if liked else set()
        seen = {known.movie_id for known in history}
        movies = [movie for movie in CATALOGUE.values() if movie.movie_id not in seen and self.has_movies]
        if genre:
            movies = [movie for movie in movies if genre in movie.genres]
        movies.sort(key=lambda movie: -len(wanted & set(movie.genres)))
        policy = "popular"
        if liked and self.version and self.policy == "learned":
            policy = "fold_in" if any(known.source == "live" for known in history) else "learned"
        reason = None
        if policy != "popular":
            because = CATALOGUE[liked[0].movie_id]
            text = f"because you rated {because.title}"
            reason = Reason(movie_id=because.movie_id, title=because.title, contribution=0.5, text=text)
        items = [
            RankedMovie(**movie.model_dump(), score=1 / rank, reason=reason) for rank, movie in enumerate(movies[:k], 1)
        ]
        run_id = self.version and f"run-{self.version}"
        return {"policy": policy, "model_version": self.version, "run_id": run_id, "request_id": "r", "items": items}


def _version(api: FakeApi, version: str) -> Version:
    odd = api.versions.get(version, {})
    since = [TimeServed(since=TRAINED, until=None)] if version == "3" else []
    known = {
        "version": version,
        "run_id": f"run-{version}",
        "stage": "production" if version == "3" else "archived",
        "chunk_id": int(version),
        "data_through": TRAINED,
        "created_at": TRAINED,
        "verdict": "promote",
        "reason": "Better.",
        "metrics": api.metrics,
        "is_rolled_back": False,
        "served": since,
        "is_on_disk": True,
    }
    return Version.model_validate(known | odd)


def _watched_chunk(chunk_id: int, verdict: Literal["usual", "drifted"] = "usual") -> Chunk:
    """A chunk that the data watch has looked at."""
    is_first = chunk_id == 1
    found = ChunkStatistics(
        chunk_id=chunk_id,
        verdict=verdict,
        reasons=["The stars differ."] if verdict == "drifted" else [],
        n_ratings=30,
        n_users=10,
        n_new_users=10 if is_first else 4,
        n_ratings_of_new_users=12,
        n_movies=20,
        n_new_movies=20 if is_first else 2,
        n_ratings_of_new_movies=3,
        ratings_by_day={f"1997-11-{18 + chunk_id}": 30},
        rating_histogram={"3": 10, "4": 15, "5": 5},
        mean_rating=3.8,
        ratings_per_user=3.0,
        most_ratings_of_a_user=9,
        quarantine_share=0.0,
        usual_n_ratings=None if is_first else 30,
        rating_distance=None if is_first else 0.05 * chunk_id,
        rating_p_value=None,
        popularity_distance=None if is_first else 0.1,
        popularity_p_value=None,
        popularity_overlap=None,
        watched_at=TRAINED,
    )
    return Chunk(
        chunk_id=chunk_id,
        state="closed",
        starts_at=TRAINED + timedelta(days=chunk_id - 1),
        ends_at=TRAINED + timedelta(days=chunk_id),
        n_ratings=30,
        n_live=1,
        n_late=0,
        n_quarantined=14,
        quarantine={"duplicate": 1, "empty_id": 12, "odd *reason*": 1},
        closed_at=TRAINED,
        statistics=found,
        decision=None,
    )


def _movie(movie_id: str) -> Movie:
    if movie_id not in CATALOGUE:
        raise NotFound(f"There is no movie {movie_id!r}.", "Find one with GET /v1/movies?query=.")
    return CATALOGUE[movie_id]


def app_of(api: FakeApi) -> FastAPI:  # noqa: C901, PLR0915  one function a route
    app = FastAPI()
    problems.install(app)

    @app.middleware("http")
    async def note(request: Request, answer: RequestResponseEndpoint) -> Response:
        request.state.request_id = "r"
        api.calls.append(f"{request.method} {request.url.path}")
        if request.url.path.endswith("/recommendations"):
            api.queries.append(request.url.query)
        return Response("starting", 503) if api.is_down else await answer(request)

    @app.get("/v1/users/{user_id}/recommendations")
    async def recommendations(
        user_id: str,
        k: int = 10,
        genre: str = "",
        year_from: int = 0,
        year_to: int = 9999,
        *,
        exclude_seen: bool = True,
    ) -> Recommendations:
        history = api.known(user_id) if exclude_seen else []
        answer = Recommendations(user_id=user_id, **api.ranked(history, len(CATALOGUE), genre))
        hidden = {each.movie_id for each in api.events_of.get(user_id, [])}
        allowed = [movie for movie in answer.items if movie.movie_id not in hidden]
        items = [movie for movie in allowed if year_from <= (movie.year or 0) <= year_to]
        return answer.model_copy(update={"items": tuple(items[:k])})

    @app.post("/v1/recommendations")
    async def session(asked: Session) -> Recommendations:
        now = datetime.now(UTC)
        history = [
            KnownRating(movie_id=e.movie_id, title=None, rating=e.rating or 5, rated_at=now, source="live")
            for e in reversed(asked.history)
        ]
        return Recommendations(user_id=None, **api.ranked(history, asked.k, asked.genre))

    @app.get("/v1/movies")
    async def movies(query: str = "", limit: int = 20) -> Movies:
        found = (movie for movie in CATALOGUE.values() if query.lower() in movie.title.lower())
        return Movies(items=list(itertools.islice(found, limit)))

    @app.get("/v1/movies/{movie_id}")
    async def movie(movie_id: str) -> Movie:
        return _movie(movie_id)

    @app.get("/v1/movies/{movie_id}/similar")
    async def similar(movie_id: str, k: int = 10) -> SimilarMovies:
        like = KnownRating(
            movie_id=_movie(movie_id).movie_id, title=None, rating=5, rated_at=TRAINED, source="training"
        )
        return SimilarMovies(movie_id=movie_id, **api.ranked([like], k, None))

    @app.post("/v1/ratings", status_code=201)
    async def rate(ratings: Ratings, idempotency_key: str = Header()) -> StoredRatings:
        require_on_scale(FIVE_STARS, ((("body", at, "rating"), each.rating) for at, each in enumerate(ratings)))
        if idempotency_key not in api.receipts:
            for rating in ratings:
                now = rating.rated_at or datetime.now(UTC)
                api.remember(rating.user_id, rating.movie_id, rating.rating, "live", now)
            api.receipts[idempotency_key] = StoredRatings(stored=len(ratings), duplicates=0)
        return api.receipts[idempotency_key]

    @app.post("/v1/events", status_code=201)
    async def take_events(events: Events) -> StoredRatings:
        for each in events:
            known = {"movie_id": each.movie_id, "title": CATALOGUE[each.movie_id].title, "event": each.event}
            at = each.at or datetime.now(UTC)
            api.events_of.setdefault(each.user_id, []).append(KnownEvent(**known, at=at, source="live"))
        return StoredRatings(stored=len(events), duplicates=0)

    @app.put("/v1/users/{user_id}/watchlist/{movie_id}", status_code=204)
    async def put_on_watch_list(user_id: str, movie_id: str) -> None:
        api.watch_lists.setdefault(user_id, {})[movie_id] = TRAINED

    @app.delete("/v1/users/{user_id}/watchlist/{movie_id}", status_code=204)
    async def take_off_watch_list(user_id: str, movie_id: str) -> None:
        api.watch_lists.get(user_id, {}).pop(movie_id, None)

    @app.get("/v1/users/{user_id}/watchlist")
    async def watch_list(user_id: str) -> WatchList:
        listed = api.watch_lists.get(user_id, {}).items()
        items = [WatchListEntry(movie_id=each, title=CATALOGUE[each].title, added_at=at) for each, at in listed]
        return WatchList(user_id=user_id, items=tuple(items))

    @app.delete("/v1/users/{user_id}/ratings/{movie_id}", status_code=204)
    async def withdraw(user_id: str, movie_id: str) -> None:
        api.events_of[user_id] = [each for each in api.events_of.get(user_id, []) if each.movie_id != movie_id]
        api.ratings[user_id] = [known for known in api.known(user_id) if known.movie_id != movie_id]

    @app.delete("/v1/users/{user_id}", status_code=204)
    async def erase(user_id: str) -> None:
        api.ratings.pop(user_id, None)

    @app.get("/v1/users/{user_id}/ratings")
    async def ratings(user_id: str) -> UserRatings:
        return UserRatings(user_id=user_id, ratings=api.known(user_id), events=tuple(api.events_of.get(user_id, [])))

    @app.get("/v1/users")
    async def users(query: str = "", limit: int = 10) -> Users:
        found = sorted(user_id for user_id in api.ratings if user_id.startswith(query))[:limit]
        counted = [User(user_id=user_id, n_ratings=len(api.known(user_id))) for user_id in found]
        return Users(users=counted)

    @app.get("/v1/versions")
    async def versions(limit: int = 100) -> Versions:
        if api.mlflow_is_down:
            raise DependencyUnreachable("MLflow does not answer.", "Start it.")
        listed = [_version(api, version) for version in api.registered][:limit]
        production = "3" if "3" in api.registered else None
        return Versions(production=production, roll_back_to=api.roll_back_to, versions=listed, is_held=api.is_held)

    @app.get("/v1/versions/{version}/users/{user_id}/recommendations")
    async def by_version(version: str, user_id: str, k: int = 10) -> Recommendations:
        answer = Recommendations(user_id=user_id, **api.ranked(api.known(user_id), k + 1, None))
        first = int(version) % 2
        return answer.model_copy(update={"items": answer.items[first : first + k]})

    @app.get("/v1/versions/{version}")
    async def version(version: str) -> VersionRecord:
        decision = Decision(rule="r", verdict="promote", reason="Better.", checks=tuple(api.checks))
        if api.questions:
            compared = {"questions": tuple(api.questions), "compared_with": "2"}
            decision = decision.model_copy(update=compared)
        return VersionRecord(
            **_version(api, version).model_dump(), decision=decision, events=api.events.get(version, [])
        )

    @app.get("/v1/challengers")
    async def challengers() -> Challengers:
        return api.challengers

    @app.get("/v1/freshness")
    async def freshness() -> Freshness:
        return api.freshness

    @app.get("/v1/findings")
    async def findings() -> Findings:
        return Findings(findings=tuple(api.findings), examined_at=TRAINED)

    @app.get("/v1/chunks")
    async def chunks() -> Chunks:
        return Chunks(chunks=api.chunks)

    @app.get("/v1/model/coverage")
    async def coverage() -> Coverage:
        ratio, n_lists = api.coverage
        return Coverage(
            model_version=api.version, n_movies=1682, recommended_movies_ratio=ratio, n_lists=n_lists, since=TRAINED
        )

    @app.post("/v1/runs", status_code=201)
    async def start_run(wanted: Request, authorization: str = Header(""), idempotency_key: str = Header()) -> dict:
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401, "This needs the server's bearer token.")
        if api.refusal is not None:
            raise api.refusal
        if idempotency_key not in api.run_keys:
            api.run_keys.append(idempotency_key)
            api.started.append(await wanted.json())
            api.progress = ["running", "success"]
        return api.run()

    @app.get("/v1/runs")
    async def runs() -> dict:
        return {"runs": [api.run()] if api.started else []}

    @app.get("/v1/runs/{run_id}")
    async def run(run_id: str) -> dict:
        if run_id != "r:1":
            raise NotFound(f"There is no run {run_id!r}.")
        state = api.progress.pop(0) if len(api.progress) > 1 else api.progress[0]
        steps = [{"name": "ingest", "state": "success"}, {"name": "deploy", "state": state}]
        served = "4" if api.outcome == "promoted" else None
        ended = {"outcome": api.outcome, "served_version": served} if state == "success" else {}
        return api.run() | {"state": state, "steps": steps, "outcome": None, "served_version": None} | ended

    @app.get("/v1/model")
    async def model() -> Model:
        return Model(
            name="movie-recommender",
            version=api.version,
            run_id=api.version and f"run-{api.version}",
            algorithm="als" if api.version else "popular",
            chunk_id=api.version and int(api.version),
            data_through=TRAINED if api.version else None,
            trained_at=TRAINED if api.version else None,
            loaded_at=TRAINED,
            metrics=api.metrics if api.version else {},
            policy=api.policy if api.version else "popular",
        )

    @app.post("/v1/model")
    async def swap(asked: SwapRequest, authorization: str = Header("")) -> Swap:
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401, "This needs the server's bearer token.")
        if asked.version == "mlflow-is-down":
            raise DependencyUnreachable("MLflow does not answer.", "Start it.")
        previous, api.version = api.version, asked.version or "4"
        return Swap(version=api.version, previous_version=previous, workers=1, duration_s=0.1)

    @app.get("/health/ready")
    async def ready() -> Ready:
        return Ready(policy=api.policy, model_version=api.version, problems=api.problems)

    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Base URL of an app on a free loopback port."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    listener = socket.create_server(("127.0.0.1", 0))  # listens at once: requests wait until the server is up
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    fake.remember("1", "19", 5, "training", datetime(1997, 10, 1, tzinfo=UTC))
    fake.remember("1", "18", 3.5, "training", datetime(1997, 9, 1, tzinfo=UTC))
    with serving(app_of(fake)) as fake.url:
        yield fake


@pytest.fixture
def token() -> str:
    """The fake's bearer token."""
    return TOKEN


@pytest.fixture
def watched_chunk() -> Callable[..., Chunk]:
    """Makes chunks that the data watch has looked at."""
    return _watched_chunk


@pytest.fixture
def client(api: FakeApi) -> Iterator[Client]:
    with Client(api.url, TOKEN) as client:
        yield client
