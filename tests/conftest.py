"""What tests share: settings of a temporary home, small ratings with a known structure, a real MLflow server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from matinee.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MATINEE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, in a home of this test's own."""
    return Settings(home=tmp_path / "home", _env_file=None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real data sets beside the checkout; tests that need them are skipped elsewhere."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real ratings in ../shared/data beside the checkout")
    return folder


def two_tastes(n_users: int = 60, n_movies: int = 40, n_days: int = 20, seed: int = 0) -> pl.DataFrame:
    """Ratings of people with one of two tastes: even users like even movies, odd users odd ones.

    `user_id, movie_id, rating, rated_at`, in order of time; on each day some users rate some movies, four of five of
    them of their own taste with 5 stars, the others with 2.
    """
    random = np.random.default_rng(seed)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows: dict[tuple[int, int], tuple[float, datetime]] = {}
    for day in range(n_days):
        for user in random.choice(n_users, n_users // 3, replace=False):
            for position in range(6):
                own_taste = random.random() < 0.8
                movie = 2 * int(random.integers(n_movies // 2)) + (int(user) + (not own_taste)) % 2
                moment = start + timedelta(days=day, minutes=int(user) * 20 + position)
                rows.setdefault((int(user), movie), (5.0 if own_taste else 2.0, moment))
    return pl.DataFrame(
        [(f"u{user}", f"m{movie}", rating, moment) for (user, movie), (rating, moment) in rows.items()],
        schema={
            "user_id": pl.String,
            "movie_id": pl.String,
            "rating": pl.Float32,
            "rated_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    ).sort("rated_at")


@pytest.fixture
def ratings() -> pl.DataFrame:
    """Ratings of people with one of two tastes."""
    return two_tastes()


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def mlflow_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server with a database and proxied artifacts, one for all tests of a session."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [str(Path(sys.executable).with_name("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"{url} did not come up; the server's exit code is {server.poll()}")


@pytest.fixture
def unused_port() -> int:
    """A port of loopback that nobody listens on."""
    return free_port()
