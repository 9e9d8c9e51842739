"""The page in a real browser, on the real API server with a learned model: what its tests share."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pytest

from fake_airflow import FakeAirflow
from matinee.bench.ports import free_port
from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.evaluation import gate
from matinee.evaluation.decision import Check, Decision, Question
from matinee.lifecycle.challengers import ChallengerStore, Evidence, Standing
from matinee.lifecycle.freshness import FreshnessStore, GainOnChunk
from matinee.lifecycle.history import History
from matinee.local.programs import environment, programs, settings_environment
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings
from page_in_a_browser import serving
from page_server import streamlit
from running import eventually

AT = datetime(2020, 1, 12, tzinfo=UTC)

OLD_CHECKS = [
    {
        "name": "beats popularity",
        "passed": True,
        "finding": "NDCG@10 0.2000",
        "numbers": {"candidate": 0.2, "popularity": 0.1, "n_users": 35},
    },
    {
        "name": "not worse than the incumbent",
        "passed": True,
        "finding": "+2.0 %",
        "numbers": {"mean": 0.02, "low": -0.01, "high": 0.05, "margin": -0.005},
    },
]
"""As the gate of matinee 0.1 wrote them."""


def _decision() -> Decision:
    """As the gate writes it of the champion with one more day."""
    finding = "scores of 35 known users are finite and not constant"
    sound = [Check(name="scores", passed=True, finding=finding, numbers={"n_users": 35})]
    sound.append(gate.serves_no_worse(np.full(35, 0.02)))
    same = Question.not_asked("better algorithm", "the candidate has the algorithm of the model in production")
    free = Question.not_asked("held", "nobody went back to the model in production")
    return gate.decide(sound, [gate.good_data(None), same, free], "1")


METRICS = {
    "n_evaluated_users": 35,
    "popularity_ndcg_at_10": 0.08,
    "popularity_30d_ndcg_at_10": 0.15,
    "item_knn_ndcg_at_10": 0.12,
    "incumbent_ndcg_at_10": 0.09,
    "coverage_at_10": 0.45,
    "popularity_coverage_at_10": 0.25,
    "over_popularity_low": 0.01,
    "over_popularity_high": 0.3,
}


@pytest.fixture
def moved(settings, serve, mlflow) -> None:  # noqa: ARG001  it registers the versions
    """Version 1 served, then the gate promoted version 2, both measured against their baselines."""
    history = History(settings)
    for version, before in (("1", None), ("2", "1")):
        mlflow.metrics[f"run-{version}"] += [{"key": name, "value": value} for name, value in METRICS.items()]
        old = {"rule": "r", "verdict": "promote", "reason": "Better.", "checks": OLD_CHECKS}
        mlflow.decide(int(version), **(old if before is None else _decision().model_dump()))
        history.record("promoted", version, before, "Better.")
        history.record("deployed", version, before, "in production")


@pytest.fixture
def full(settings, ratings, tmp_path, airflow, moved) -> None:  # noqa: ARG001  it decides on the versions
    """All that the parts can show: chunks with quarantine that were watched, decisions, and a run that ended."""
    ratings.write_csv(tmp_path / "ratings.csv")
    with (tmp_path / "ratings.csv").open("a") as file:
        file.write("u1,m1,many,2020-01-03T00:00:00Z\nu1,,5,2020-01-03T00:00:00Z\n")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "10d"})
    for number in (1, 2, 3):
        ChunkLedger(own).close_next(f"run-{number}")
        watch(own, ChunkLedger(own), StatisticsStore(own), number)
    airflow.runs += [airflow.deploy_run(), airflow.promoting_run("by-hand")]
    _compare(own)


def _compare(settings: Settings) -> None:
    """A challenger, and production beside itself of 1 and 7 days ago."""
    segments = {name: {"difference": 0.05, "low": -0.02, "high": 0.12, "n_users": 150} for name in ("warm", "new")}
    known = Evidence(300, 20, 0.04, 0.06, -0.01, 0.13, 12.3, segments)
    standing = Standing("p", "als", "blend {}", 1, "gathering", "", 2, AT, seconds=9.5, evidence=known)
    ChallengerStore(settings).keep(standing)
    FreshnessStore(settings).keep(GainOnChunk(2, days, AT, 100, 0.102, 0.1, 0.0001) for days in (1, 7))


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as server:
        yield server


@pytest.fixture
def settings(settings, airflow, ui_port) -> Settings:
    return settings.model_copy(
        update={"airflow_url": airflow.url, "api_port": free_port(), "ui_port": ui_port, "impressions_s": 0}
    )


@pytest.fixture
def serve(settings, mlflow) -> Callable:
    """Serves the API with version 2 in production, after version 1."""
    for version in (1, 2):
        mlflow.register(version)
    return lambda: serving(settings)


@pytest.fixture(scope="session")
def ui_port() -> int:
    """One for the whole session: the browser keeps the page's files by their address."""
    return free_port()


@pytest.fixture(scope="session")
def page_folder(ui_port, tmp_path_factory) -> Iterator[Path]:
    """Where the page's server runs, started as `matinee up` does, for the whole session: it reads `.env` at a visit."""
    folder = tmp_path_factory.mktemp("page")
    settings = Settings(home=folder / "home", ui_port=ui_port, _env_file=None)
    command = next(each.command for each in programs(settings) if each.name == "ui")
    inherited = {name: value for name, value in environment(settings).items() if not name.startswith("MATINEE_")}
    with streamlit(inherited, list(command[command.index("streamlit") + 1 :]), folder):
        eventually(lambda: httpx.get(f"{settings.ui}/_stcore/health", trust_env=False).is_success)
        yield folder


@pytest.fixture
def site(settings, page_folder) -> str:
    """Base URL of the page, which talks to the servers of this test."""
    lines = [f"{name}='{value}'\n" for name, value in settings_environment(settings).items()]
    (page_folder / "new").write_text("".join(lines))
    (page_folder / "new").replace(page_folder / ".env")
    return settings.ui
