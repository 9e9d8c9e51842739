"""What the tests of the HTTP API share: small learned models, a server that answers as MLflow does, and the API."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import polars as pl
import pytest
import uvicorn
from fastapi import FastAPI

from fake_airflow import FakeAirflow
from matinee import artifact
from matinee.models.als import ALS
from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import fit
from matinee.serving.app import create_app
from matinee.settings import Settings

TOKEN = "token-of-these-tests"
DATA_THROUGH = datetime(2020, 2, 1, tzinfo=UTC)
PREFIX = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts/artifacts/"


@pytest.fixture(scope="session")
def movies() -> pl.DataFrame:
    """Forty movies: even ones are comedies, odd ones dramas, those below ten also classics."""
    return pl.DataFrame(
        {
            "movie_id": [f"m{row}" for row in range(40)],
            "title": [f"The Léon Chronicle, Part {row}" for row in range(40)],
            "year": pl.Series([1950 + row for row in range(40)], dtype=pl.Int32),
            "genres": [["Comedy", "Drama"][row % 2 :][:1] + (["Classic"] if row < 10 else []) for row in range(40)],
        }
    )


@pytest.fixture(scope="session")
def fitted_before(tmp_path_factory) -> Path:
    """Folder of the models that were fitted for an earlier test."""
    return tmp_path_factory.mktemp("fitted")


@pytest.fixture(scope="session")
def write_artifact(ratings, movies, fitted_before) -> Callable[..., artifact.Artifact]:
    """Writes a model, learned from people of two tastes, to a folder."""

    def write(folder: Path, chunk_id: int = 1, algorithm: str = "als") -> artifact.Artifact:
        kept = fitted_before / f"{algorithm}-{chunk_id}"
        if not kept.exists():
            interactions = Interactions.from_ratings(ratings, movies["movie_id"].to_list(), 4.0, DATA_THROUGH)
            recommender = Popular() if algorithm == "popular" else ALS(factors=4, regularization=1, seed=chunk_id)
            artifact.write(kept, fit(recommender, interactions).contents(algorithm, interactions, chunk_id), movies)
        shutil.copytree(kept, folder)
        return artifact.load(folder)

    return write


@dataclass
class Mlflow:
    """The part of MLflow's REST API that the server reads, over real HTTP, with faults on request."""

    folder: Path
    write_artifact: Callable[..., artifact.Artifact]
    url: str = ""
    versions: dict[str, dict] = field(default_factory=dict)
    metrics: dict[str, list] = field(default_factory=dict)
    production: str | None = None
    requests: list[str] = field(default_factory=list)
    credentials: set[str | None] = field(default_factory=set)
    """Every value of the header `Authorization` that came."""
    delay_s: float = 0.0
    broken_status: int | None = None
    cut_short: bool = False
    holds_back: threading.Event = field(default_factory=threading.Event)
    """While it is set, files do not come."""

    def register(self, version: int, *, produce: bool = True, algorithm: str = "als") -> artifact.Artifact:
        """Log and register a model, by default into production."""
        root = f"1/models/m-{version}/artifacts"
        run_id = f"run-{version}"
        learned = self.write_artifact(self.folder / root / "artifacts" / artifact.FOLDER, version, algorithm)
        self.versions[str(version)] = {
            "name": "movie-recommender",
            "version": str(version),
            "run_id": run_id,
            "source": f"mlflow-artifacts:/{root}",
            "creation_timestamp": 1_577_836_800_000 + version * 86_400_000,
            "tags": [
                {"key": "stage", "value": "production" if produce else "rejected"},
                {"key": "chunk_id", "value": str(version)},
                {"key": "data_through", "value": DATA_THROUGH.isoformat()},
                {"key": "verdict", "value": "promote" if produce else "reject"},
                {"key": "reason", "value": "Better."},
            ],
        }
        self.metrics[run_id] = [{"key": "ndcg_at_10", "value": version / 10}, {"key": "odd", "value": "NaN"}]
        if produce:
            self.production = str(version)
        return learned

    def file(self, version: int, name: str) -> Path:
        """A file of a version's artifact."""
        return self.folder / f"1/models/m-{version}/artifacts/artifacts" / artifact.FOLDER / name

    def downloads(self) -> list[str]:
        """Files that were asked for."""
        return [path for path in self.requests if path.startswith(FILES)]

    def decide(self, version: int, **record: object) -> None:
        """Log the record of a decision."""
        file = self.folder / f"1/run-{version}/artifacts/decision.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(record))

    def answer(self, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of a request."""
        self.requests.append(path)
        time.sleep(self.delay_s)
        if self.broken_status is not None:
            return self.broken_status, b"<html>no JSON</html>"
        parts = urlsplit(path)
        if parts.path == "/health":
            return 200, b"OK"
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith(FILES):
            while self.holds_back.is_set():
                time.sleep(0.01)
            file = self.folder / unquote(parts.path.removeprefix(FILES))
            return (200, file.read_bytes()) if file.is_file() else _missing("No such artifact")
        found = self._found(parts.path.removeprefix(f"{PREFIX}/"), asked, body)
        if found is None and "alias" in asked:
            return 400, b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "alias production not found."}'
        return _missing("No such thing") if found is None else _json(found)

    def _found(self, what: str, asked: dict[str, str], body: bytes) -> dict | None:
        match what:
            case "registered-models/alias":
                return self.production and {"model_version": self.versions[self.production]}
            case "model-versions/get":
                found = self.versions.get(asked["version"])
                return found and {"model_version": found}
            case "model-versions/search":
                newest = sorted(self.versions.values(), key=lambda each: -int(each["version"]))
                return {"model_versions": newest[: int(asked["max_results"])]} if newest else {}
            case "runs/get":
                return {"run": self._run(asked["run_id"])} if asked["run_id"] in self.metrics else None
            case "runs/search":
                wanted = json.loads(body)["filter"]
                return {"runs": [self._run(run_id) for run_id in self.metrics if f"'{run_id}'" in wanted]}
            case "experiments/get-by-name":
                return {"experiment": {"experiment_id": "1"}} if self.metrics else None
        raise AssertionError(what)

    def _run(self, run_id: str) -> dict:
        info = {"run_id": run_id, "artifact_uri": f"mlflow-artifacts:/1/{run_id}/artifacts"}
        return {"info": info, "data": {"metrics": self.metrics[run_id]}}


def _json(content: object) -> tuple[int, bytes]:
    return 200, json.dumps(content).encode()


def _missing(message: str) -> tuple[int, bytes]:
    return 404, json.dumps({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": message}).encode()


@contextmanager
def _listening(mlflow: Mlflow) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mlflow.credentials.add(self.headers["Authorization"])
            status, body = mlflow.answer(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if mlflow.cut_short and FILES in self.path else body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller has given up, as it does when it is made to wait

        do_POST = do_GET  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    mlflow.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def mlflow(tmp_path, write_artifact) -> Iterator[Mlflow]:
    """MLflow without a registered version."""
    served = Mlflow(tmp_path / "mlartifacts", write_artifact)
    with _listening(served):
        yield served


@pytest.fixture
def settings(tmp_path, mlflow) -> Settings:
    return Settings(home=tmp_path / "home", mlflow_url=mlflow.url, api_token=TOKEN, _env_file=None)


class Api(httpx.Client):
    """A client of the API with a token in its owner's pocket."""

    def swap(self, version: int | str | None = None):
        body = {} if version is None else {"json": {"version": version}}
        return self.post("/v1/model", headers={"Authorization": f"Bearer {TOKEN}"}, **body)

    def recommend(self, user_id: str, **parameters: object) -> dict:
        answer = self.get(f"/v1/users/{user_id}/recommendations", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def movie_ids(self, user_id: str, **parameters: object) -> list[str]:
        return [item["movie_id"] for item in self.recommend(user_id, **parameters)["items"]]

    def rate(self, user_id: str, movie_id: str, rating: float = 5.0, **more: object) -> None:
        body = {"user_id": user_id, "movie_id": movie_id, "rating": rating, **more}
        answer = self.post("/v1/ratings", json=body)
        assert answer.status_code == 201, answer.text

    def served_version(self) -> str | None:
        return self.get("/v1/model").json()["version"]

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Return when the server has got there by itself."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "it did not come"
            time.sleep(0.05)


@contextmanager
def serving(app: FastAPI) -> Iterator[Api]:
    """The API over a socket of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        with Api(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False, timeout=30) as api:
            yield api
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def start(settings) -> Iterator[Callable[..., Api]]:
    """Starts the server of this test's home; one that was started before is stopped first, or by `stop`."""
    running = ExitStack()

    def begin(**options: object) -> Api:
        running.close()
        return running.enter_context(serving(create_app(settings, **options)))

    begin.stop = running.close
    with running:
        yield begin


@pytest.fixture
def start_with(settings, learned) -> Iterator[Callable[..., Api]]:
    """Starts the server of this test's home with other values of settings; it serves version 1."""
    with ExitStack() as running:

        def begin(**values: object) -> Api:
            api = running.enter_context(serving(create_app(settings.model_copy(update=values))))
            assert api.swap(learned.manifest.chunk_id).status_code == 200
            return api

        yield begin


@pytest.fixture
def learned(mlflow) -> artifact.Artifact:
    """The model that is in production as version 1."""
    return mlflow.register(1)


@pytest.fixture
def api(start, learned) -> Api:
    """The API, which serves version 1."""
    started = start()
    assert started.swap(learned.manifest.chunk_id).status_code == 200
    return started


@pytest.fixture(scope="session")
def shared_settings(tmp_path_factory) -> Settings:
    """The home of `shared_api`."""
    return Settings(home=tmp_path_factory.mktemp("shared"), api_token=TOKEN, _env_file=None)


@pytest.fixture(scope="session")
def shared_api(shared_settings, write_artifact, tmp_path_factory) -> Iterator[Api]:
    """The API, which serves version 1, for all tests that leave it as they found it."""
    with _serving_version_1(shared_settings, tmp_path_factory.mktemp("mlartifacts"), write_artifact) as api:
        yield api


@pytest.fixture(scope="session")
def fuzzed_api(write_artifact, tmp_path_factory) -> Iterator[Api]:
    """The API, which serves version 1, for whoever sends it anything."""
    with FakeAirflow() as airflow:
        settings = Settings(
            home=tmp_path_factory.mktemp("fuzzed"),
            airflow_url=airflow.url,
            api_token=TOKEN,
            impressions_s=1,
            _env_file=None,
        )
        with _serving_version_1(settings, tmp_path_factory.mktemp("mlartifacts"), write_artifact) as api:
            yield api


@contextmanager
def _serving_version_1(
    settings: Settings, mlartifacts: Path, write_artifact: Callable[..., artifact.Artifact]
) -> Iterator[Api]:
    mlflow = Mlflow(mlartifacts, write_artifact)
    with _listening(mlflow):
        mlflow.register(1)
        with serving(create_app(settings.model_copy(update={"mlflow_url": mlflow.url}))) as api:
            assert api.swap().status_code == 200
            yield api


@pytest.fixture(scope="session")
def shared_model(shared_api, shared_settings) -> artifact.Artifact:  # noqa: ARG001  it puts the model there
    """The model that `shared_api` serves."""
    return artifact.load(shared_settings.home / "serving" / "1")
