"""A server that nobody calls follows the version in production, and serves on when MLflow does not answer."""

import asyncio
import json
import time

import pytest
from structlog.testing import CapturingLogger

from matinee import artifact
from matinee.doctor.finding import finding_of_service
from matinee.local.program import problems_at
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.serving.model import follower
from matinee.serving.model.store import ModelStore
from matinee.serving.routes import operations
from support import two_tastes

OFTEN_S = 0.05


@pytest.fixture
def settings(settings, tmp_path):
    """Of a home with ratings of its own, of which nothing is taken yet."""
    two_tastes().write_csv(tmp_path / "ratings.csv")
    return settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "15d"})


@pytest.fixture
def movies_without_a_model(settings):
    """A home that has popular movies to recommend."""
    ChunkLedger(settings).close_next("first")


@pytest.fixture
def replica(start, mlflow):
    """Serves version 1 by having looked."""
    mlflow.register(1)
    api = start(production_interval_s=OFTEN_S)
    api.wait_for(lambda: api.served_version() == "1")
    return api


def looked(mlflow, times: int, before: int | None = None) -> bool:
    """Whether production was asked for so many times from now on, or after the first `before` times; waits for it."""
    before = len(mlflow.requests) if before is None else before
    deadline = time.monotonic() + 30
    while len(mlflow.requests) < before + times and time.monotonic() < deadline:
        time.sleep(OFTEN_S)
    return len(mlflow.requests) >= before + times


def test_a_replica_that_missed_the_call_follows_production(replica, mlflow):
    mlflow.register(2)
    replica.wait_for(lambda: replica.served_version() == "2")
    mlflow.production = "1"
    replica.wait_for(lambda: replica.served_version() == "1")


def test_looking_is_one_small_request(replica, mlflow):
    assert replica.served_version() == "1"
    del mlflow.requests[:]
    assert looked(mlflow, 3)
    assert {path.partition("?")[0] for path in mlflow.requests} == {"/api/2.0/mlflow/registered-models/alias"}


def test_a_version_that_was_asked_for_stays_until_production_moves(replica, mlflow):
    mlflow.register(2, produce=False)
    replica.swap(2)
    assert looked(mlflow, 5)
    assert replica.served_version() == "2"
    mlflow.register(3)
    replica.wait_for(lambda: replica.served_version() == "3")


def test_a_version_that_was_asked_for_survives_a_restart(replica, mlflow, start):
    mlflow.register(2, produce=False)
    replica.swap(2)
    again = start(production_interval_s=OFTEN_S)
    assert looked(mlflow, 5)
    assert again.served_version() == "2"


def test_what_was_asked_for_stays_when_a_replica_that_has_looked_waits_for_its_turn(replica, mlflow, settings, start):
    mlflow.register(2, produce=False)
    replica.swap(2)
    start.stop()
    store = ModelStore(settings.home / "serving")
    pointer = settings.home / "serving" / "deployed.json"
    asked_for = pointer.read_bytes()
    pointer.unlink()  # so that the replica is about to have version 1 served
    with asyncio.Runner() as runner:
        turn = store.swapping()
        runner.run(turn.__aenter__())
        before = len(mlflow.requests)  # it may look before `start` returns, and looks no more while it waits
        again = start(production_interval_s=OFTEN_S)
        assert looked(mlflow, 1, before)
        time.sleep(0.5)  # until it waits for its turn; were that too short, it would find what was asked for at once
        pointer.write_bytes(asked_for)
        runner.run(turn.__aexit__(None, None, None))
    assert looked(mlflow, 5)
    assert again.served_version() == "2"


def test_a_restart_finds_that_production_has_moved(replica, mlflow, start):
    assert replica.served_version() == "1"
    start().close()
    mlflow.register(2)
    again = start(production_interval_s=OFTEN_S)
    again.wait_for(lambda: again.served_version() == "2")


def test_mlflow_down_is_said_once_and_changes_nothing(replica, mlflow, monkeypatch):
    said = CapturingLogger()
    monkeypatch.setattr(follower, "log", said)
    before = replica.recommend("u2")["items"]
    mlflow.broken_status = 503
    assert looked(mlflow, 4)
    assert replica.recommend("u2")["items"] == before
    assert [call.args for call in said.calls].count(("production_not_followed",)) == 1
    mlflow.register(2)
    mlflow.broken_status = None
    replica.wait_for(lambda: replica.served_version() == "2")


def test_a_version_in_production_that_is_refused_is_tried_once(replica, mlflow):
    mlflow.register(2, produce=False)
    mlflow.file(2, artifact.ARRAYS).write_bytes(b"damaged")
    mlflow.production = "2"
    replica.wait_for(lambda: any("m-2" in path for path in mlflow.downloads()))
    assert looked(mlflow, 3)
    before = len(mlflow.downloads())
    assert looked(mlflow, 5)
    assert len(mlflow.downloads()) == before
    assert replica.served_version() == "1"


def test_a_damaged_deployed_model_is_fetched_again(replica, mlflow, settings, start):
    mlflow.register(2)
    replica.wait_for(lambda: replica.served_version() == "2")
    folder = settings.home / "serving" / "2"
    (folder / artifact.USERS).write_bytes(b"damaged")
    again = start(production_interval_s=OFTEN_S)
    again.wait_for(lambda: again.served_version() == "2")
    assert artifact.load(folder).manifest.chunk_id == 2


def test_a_pointer_of_an_earlier_matinee_leads_to_production(replica, mlflow, settings, start):
    assert replica.served_version() == "1"
    start().close()
    pointer = settings.home / "serving" / "deployed.json"
    earlier = json.loads(pointer.read_bytes())
    del earlier["production"]
    pointer.write_text(json.dumps(earlier))
    mlflow.register(2)
    again = start(production_interval_s=OFTEN_S)
    again.wait_for(lambda: again.served_version() == "2")


@pytest.mark.usefixtures("movies_without_a_model")
def test_a_new_replica_is_not_ready_before_the_model_in_production_has_come(mlflow, start):
    mlflow.register(1)
    mlflow.holds_back.set()
    new = start(production_interval_s=OFTEN_S)
    new.wait_for(lambda: bool(mlflow.downloads()))
    ready = new.get("/health/ready")
    assert (ready.status_code, ready.headers["Content-Type"]) == (503, "application/problem+json")
    said = ready.json()
    assert "Version 1 is in production" in said["detail"]
    address = str(new.base_url.join("/health/ready"))
    assert problems_at(address)() == said["detail"]  # `matinee status` tells it
    found = finding_of_service("API server", "api", address)
    assert (found.ok, found.detail, found.fix) == (False, said["detail"], said["hint"])
    assert new.get("/health/live").status_code == 200
    assert new.recommend("u1")["policy"] == "popular"  # who is asked nevertheless answers
    mlflow.holds_back.clear()
    new.wait_for(lambda: new.get("/health/ready").status_code == 200)
    assert new.served_version() == "1"


@pytest.mark.usefixtures("movies_without_a_model")
def test_a_server_that_was_ready_stays_so_while_its_first_model_comes(mlflow, start):
    serving = start(production_interval_s=OFTEN_S)
    assert serving.get("/health/ready").status_code == 200
    mlflow.holds_back.set()
    mlflow.register(1)
    serving.wait_for(lambda: bool(mlflow.downloads()))
    ready = serving.get("/health/ready")
    mlflow.holds_back.clear()
    assert (ready.status_code, ready.json()["policy"]) == (200, "popular")


@pytest.mark.usefixtures("movies_without_a_model")
def test_a_new_replica_whose_model_is_refused_is_ready_with_popular_movies_and_says_so(mlflow, start):
    mlflow.register(1)
    mlflow.file(1, artifact.ARRAYS).write_bytes(b"damaged")
    new = start(production_interval_s=OFTEN_S)
    new.wait_for(lambda: 'matinee_problem{part="production"} 1.0' in new.get("/metrics").text)
    ready = new.get("/health/ready")
    assert ready.status_code == 200
    told = ready.json()
    assert (told["status"], told["policy"], list(told["problems"])) == ("degraded", "popular", ["production"])


@pytest.mark.usefixtures("movies_without_a_model")
def test_without_a_version_in_production_popular_movies_are_ready(start):
    ready = start().get("/health/ready")
    assert (ready.status_code, ready.json()["policy"]) == (200, "popular")


@pytest.mark.usefixtures("movies_without_a_model")
@pytest.mark.parametrize("fault", ["refuses", "is frozen"])
def test_while_mlflow_does_not_say_what_is_in_production_popular_movies_are_ready(mlflow, start, monkeypatch, fault):
    monkeypatch.setattr(operations, "ASK_S", 0.2)
    mlflow.register(1)
    mlflow.broken_status = 503
    mlflow.delay_s = 1.0 if fault == "is frozen" else 0.0
    ready = start().get("/health/ready")
    assert (ready.status_code, ready.json()["policy"]) == (200, "popular")


def test_a_replica_that_serves_a_model_is_ready_while_the_next_one_comes(replica, mlflow):
    mlflow.holds_back.set()
    mlflow.register(2)
    replica.wait_for(lambda: any("m-2" in path for path in mlflow.downloads()))
    ready = replica.get("/health/ready")
    mlflow.holds_back.clear()
    assert (ready.status_code, ready.json()["model_version"]) == (200, "1")
