"""The server as a process: started, asked, made to swap, and stopped, as the watcher of a home does it."""

import json
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest
import structlog

from matinee import artifact
from matinee.credentials import api_token
from matinee.evaluation.backtest import Backtest
from matinee.evaluation.decision import Decision
from matinee.lifecycle.registry import Registry, Training
from matinee.models.als import ALS
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit
from matinee.serving.__main__ import main
from matinee.settings import Settings
from support import as_environment


@pytest.fixture
def settings(tmp_path, mlflow_url, unused_port) -> Settings:
    """With the real MLflow server."""
    return Settings(home=tmp_path / "home", mlflow_url=mlflow_url, api_port=unused_port, _env_file=None)


@pytest.fixture
def process(settings):
    """The running server; it is killed if a test has not stopped it."""
    environment = as_environment(settings)
    command = [sys.executable, "-m", "matinee.serving"]
    started = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not _lives(settings):
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < deadline, "the server did not come up"
        time.sleep(0.05)
    yield started
    started.kill()
    started.communicate()


def _lives(settings: Settings) -> bool:
    try:
        return httpx.get(f"{settings.api}/health/live", trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def produce(settings, ratings, movies, tmp_path):
    """Logs a model to the real MLflow server with the project's registry, and puts it into production."""
    registry = Registry(settings)
    interactions = Interactions.from_ratings(ratings, movies["movie_id"].to_list(), 4.0, datetime.now(UTC))

    def log(chunk_id: int) -> str:
        als = ALS(factors=4, seed=chunk_id)
        folder = tmp_path / f"chunk-{chunk_id}" / artifact.FOLDER
        manifest = artifact.write(folder, fit(als, interactions).contents("als", interactions, chunk_id), movies)
        run_id = registry.log_training(Training(manifest, folder, als.parameters, {"fit_s": 0.5}, datetime.now(UTC)))
        decision = Decision(rule="rule", verdict="promote", reason="It is so.", numbers={})
        registry.log_evaluation(
            registry.training_run(run_id), {"ndcg_at_10": 0.25}, Backtest.nobody().per_user, decision
        )
        version = registry.register(registry.training_run(run_id))
        registry.move_production(version)
        return version

    return log


@pytest.mark.long  # the daily loop does it with everything around it
def test_production_moves_while_the_process_answers_and_a_restart_remembers(process, settings, produce):
    answers, swapping = [], threading.Event()
    with httpx.Client(base_url=settings.api, trust_env=False, timeout=30) as api, ThreadPoolExecutor(1) as pool:
        headers = {"Authorization": f"Bearer {api_token(settings)}"}

        def ask() -> None:
            while not swapping.is_set():
                answers.append(api.get("/v1/users/u3/recommendations"))

        asker = pool.submit(ask)
        versions = [produce(1), produce(2)]
        swaps = [api.post("/v1/model", headers=headers, json={"version": versions[turn % 2]}) for turn in range(20)]
        production = api.post("/v1/model", headers=headers)
        swapping.set()
        asker.result()
        model = api.get("/v1/model").json()
    assert {swap.status_code for swap in swaps} == {200}
    assert production.json()["version"] == model["version"] == versions[1]
    assert model["metrics"] == {"fit_s": 0.5, "ndcg_at_10": 0.25}
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["model_version"] for answer in answers} >= set(versions)
    assert process.poll() is None
    assert json.loads((settings.home / "serving" / "deployed.json").read_text())["version"] == versions[1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_and_stdout_stays_empty(process, how):
    process.send_signal(how)
    written, logged = process.communicate(timeout=30)
    assert process.returncode in {0, -how}
    assert written == ""
    assert json.loads(logged.splitlines()[0])["event"] == "serving"


@pytest.fixture
def _own_logs():
    """`main` sends log lines to this test's stderr, where the next test must not look for it."""
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("process", "_own_logs")
def test_a_busy_port_is_one_line_that_says_what_to_do(settings, monkeypatch, capsys):
    monkeypatch.setenv("MATINEE_API_PORT", str(settings.api_port))
    assert main() == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert f"127.0.0.1:{settings.api_port}" in line
    assert "MATINEE_API_PORT" in line


def test_a_wrong_setting_is_one_line_that_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setenv("MATINEE_API_PORT", "many")
    assert main() == 2
    assert "MATINEE_API_PORT" in capsys.readouterr().err


def test_the_server_needs_neither_mlflow_nor_a_training_library():
    heavy = ["mlflow", "implicit", "scipy", "airflow", "streamlit", "pandas", "sklearn"]
    code = f"import sys, matinee.serving.app, matinee.serving.__main__; print([m for m in {heavy} if m in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
