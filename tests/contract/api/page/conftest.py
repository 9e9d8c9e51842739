"""The page in a real browser, on the real API server with a learned model: what its tests share."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
import uvicorn

from fake_airflow import FakeAirflow
from matinee.credentials import api_token
from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.serving.app import create_app
from matinee.settings import Settings
from running import eventually
from support import free_port

SCRIPT = Path(find_spec("matinee.ui.entry").origin).with_name("app.py")


@pytest.fixture
def full(settings, ratings, tmp_path, airflow) -> None:
    """All that the parts can show: chunks with quarantine that were watched, a decision, and a run that ended."""
    ratings.write_csv(tmp_path / "ratings.csv")
    with (tmp_path / "ratings.csv").open("a") as file:
        file.write("u1,m1,many,2020-01-03T00:00:00Z\nu1,,5,2020-01-03T00:00:00Z\n")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "10d"})
    for number in (1, 2, 3):
        ChunkLedger(own).close_next(f"run-{number}")
        watch(own, ChunkLedger(own), StatisticsStore(own), number)
    airflow.runs += [airflow.deploy_run(), airflow.promoting_run("by-hand")]


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as server:
        yield server


@pytest.fixture
def settings(settings, airflow) -> Settings:
    return settings.model_copy(
        update={"airflow_url": airflow.url, "api_port": free_port(), "ui_port": free_port(), "impressions_s": 0}
    )


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """The API server at the port of the settings, until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=settings.api_port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def serve(settings, mlflow) -> Callable:
    """Serves the API with version 2 in production, after version 1."""
    for version in (1, 2):
        mlflow.register(version)
    return lambda: serving(settings)


@pytest.fixture
def site(settings) -> Iterator[str]:
    """Base URL of the page, started as `matinee up` does."""
    values = {"HOME": settings.home, "API_PORT": settings.api_port, "API_TOKEN": api_token(settings)}
    command = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(settings.ui_port)]
    command += ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
    environment = os.environ | {f"MATINEE_{name}": str(value) for name, value in values.items()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            eventually(lambda: httpx.get(f"{settings.ui}/_stcore/health", trust_env=False).is_success)
            yield settings.ui
        finally:
            server.terminate()
