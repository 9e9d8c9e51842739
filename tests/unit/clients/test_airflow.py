"""The client of Airflow's REST API, against a small server of the same routes."""

from datetime import UTC, datetime

import pytest

from matinee.clients.airflow import Airflow, transport
from matinee.clients.airflow.advance import NextResult, advance
from matinee.clients.airflow.records import DagRunProgress, new_run_id
from matinee.drift.data_watch import watch
from matinee.drift.records import StatisticsStore
from matinee.errors import DependencyUnreachable, MatineeError, Refused
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings


@pytest.fixture(autouse=True)
def _ask_often(monkeypatch):
    monkeypatch.setattr(transport, "POLL_S", 0.01)


@pytest.fixture
def settings(tmp_path, airflow_server) -> Settings:
    return Settings(home=tmp_path, airflow_port=airflow_server.port)


def ignore(progress: DagRunProgress) -> None:
    """Nobody wants to know."""


def test_next_follows_the_run_and_the_deployment_that_it_causes(settings, airflow_server):
    airflow_server.runs.append(airflow_server.deploy_run("asset__1"))
    heard: list[DagRunProgress] = []
    result = advance(settings, heard.append)
    assert result == NextResult(
        dag_run_id=airflow_server.triggered[0][1],
        outcome="promoted",
        chunk_id=3,
        reason="better",
        served_version="4",
        duration_s=result.duration_s,
    )
    assert [(step.run.dag_id, step.run.state) for step in heard] == [
        ("train_model", "running"),
        ("train_model", "success"),
        ("deploy_model", "success"),
    ]
    assert [task.task_id for task in heard[0].tasks] == ["ingest", "train", "evaluate", "promote"]


def test_next_tells_that_the_gate_said_no(settings, airflow_server):
    def rejected(_: str, dag_run_id: str):
        run = airflow_server.promoting_run(dag_run_id, caused=None)
        run.tasks["promote"] = "skipped"
        run.results["evaluate"] = {"verdict": "reject", "reason": "worse than popularity"}
        return run

    airflow_server.next_run = rejected
    result = advance(settings, ignore)
    assert (result.outcome, result.reason, result.served_version) == ("rejected", "worse than popularity", None)


def test_next_tells_why_the_data_watch_refused_the_chunk(settings, airflow_server, ratings, tmp_path):
    ratings.with_columns(rating=5.0).write_csv(tmp_path / "ratings.csv")
    settings = settings.model_copy(update={"data": str(tmp_path / "ratings.csv")})
    ledger = ChunkLedger(settings)
    ledger.close_next("first")
    watch(settings, ledger, StatisticsStore(settings), 1)

    def refused(_: str, dag_run_id: str):
        run = airflow_server.promoting_run(dag_run_id, caused=None)
        run.tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
        run.results = {"ingest": {"state": "closed", "chunk_id": 1}}
        return run

    airflow_server.next_run = refused
    result = advance(settings, ignore)
    assert (result.outcome, result.chunk_id, result.served_version) == ("refused", 1, None)
    assert "are 5.0." in result.reason
    assert "matinee watch 1 --accept" in result.reason


def test_next_tells_that_there_are_no_more_ratings(settings, airflow_server):
    def empty(_: str, dag_run_id: str):
        run = airflow_server.promoting_run(dag_run_id, caused=None)
        run.tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
        run.results = {"ingest": {"state": "no_more_data", "chunk_id": None}}
        return run

    airflow_server.next_run = empty
    result = advance(settings, ignore)
    assert (result.outcome, result.chunk_id, result.served_version) == ("no_more_data", None, None)


def test_a_failed_task_is_told_with_its_last_lines(settings, airflow_server):
    def failing(_: str, dag_run_id: str):
        run = airflow_server.promoting_run(dag_run_id, caused=None)
        run.states = ["failed"]
        run.tasks = {
            "ingest": "success",
            "train": "failed",
            "evaluate": "upstream_failed",
            "promote": "upstream_failed",
        }
        run.log = ["reading chunks", "error: MLflow does not answer."]
        return run

    airflow_server.next_run = failing
    with pytest.raises(MatineeError) as failure:
        advance(settings, ignore)
    assert failure.value.message == (
        "Task train of train_model failed: reading chunks | error: MLflow does not answer."
    )
    assert settings.airflow in failure.value.hint


def test_a_paused_dag_is_not_triggered(settings, airflow_server):
    airflow_server.paused = True
    with pytest.raises(Refused, match="train_model is paused"):
        advance(settings, ignore)
    assert airflow_server.triggered == []


def test_a_dag_that_airflow_does_not_know_is_not_triggered(settings, airflow_server):
    airflow_server.known = False
    with pytest.raises(DependencyUnreachable, match="does not know"):
        advance(settings, ignore)


def test_triggering_twice_under_one_id_gives_the_same_run(settings, airflow_server):
    with Airflow(settings) as client:
        first, second = client.trigger("train_model", "today"), client.trigger("train_model", "today")
    assert first.dag_run_id == second.dag_run_id == "today"
    assert len(airflow_server.runs) == 1


def test_run_ids_with_signs_reach_airflow_as_they_are(settings, airflow_server):
    strange = "scheduled__2025-01-01T00:00:00+00:00/x"
    airflow_server.runs.append(airflow_server.promoting_run(strange))
    with Airflow(settings) as client:
        assert client.run("train_model", strange).dag_run_id == strange


def test_a_short_absence_of_airflow_is_survived(settings, airflow_server):
    with Airflow(settings) as client:
        client.dag("train_model")
        airflow_server.absent_for = 3
        assert client.dag("train_model") is not None


def test_errors_of_a_server_whose_database_is_away_are_waited_out_while_the_run_lives(settings, airflow_server):
    """Airflow answers 500 for as long as PostgreSQL is restarted."""
    airflow_server.runs.append(airflow_server.deploy_run("asset__1"))
    airflow_server.broken_for = 3
    assert advance(settings, ignore, absence_s=0.0, healing_s=30.0).served_version == "4"
    assert airflow_server.broken_for == 0
    assert len(airflow_server.triggered) == 1


def test_airflow_that_stays_away_is_unreachable(settings, airflow_server):
    airflow_server.absent_for = 10**9
    with Airflow(settings, absence_s=0.0) as client, pytest.raises(DependencyUnreachable, match="does not answer"):
        client.dag("train_model")


def test_nobody_at_the_port_is_unreachable_with_a_hint(tmp_path):
    settings = Settings(home=tmp_path, airflow_url="http://127.0.0.1:9")
    with (
        Airflow(settings, absence_s=0.0) as client,
        pytest.raises(DependencyUnreachable, match="matinee up"),
    ):
        client.dag("train_model")


def test_a_run_that_no_scheduler_takes_is_given_up(settings, airflow_server):
    def waiting(_: str, dag_run_id: str):
        run = airflow_server.promoting_run(dag_run_id)
        run.states = ["queued"]
        return run

    airflow_server.next_run, airflow_server.scheduler = waiting, "unhealthy"
    with pytest.raises(DependencyUnreachable, match="scheduler does not run"):
        advance(settings, ignore, absence_s=0.05, healing_s=0.05)


def test_a_deployment_that_waits_in_the_queue_is_waited_for(settings, airflow_server):
    """Airflow answers 500 to the question what a promotion caused, for as long as that has not started."""
    waiting = airflow_server.deploy_run("asset__1")
    waiting.states = ["queued", "queued", "running", "success"]
    airflow_server.runs.append(waiting)
    assert advance(settings, ignore).served_version == "4"


def test_a_promotion_that_nobody_deploys_is_an_error(settings, airflow_server):
    airflow_server.next_run = lambda _, dag_run_id: airflow_server.promoting_run(dag_run_id, caused=None)
    with pytest.raises(DependencyUnreachable, match="no deploy_model run followed"):
        advance(settings, ignore, absence_s=0.05, healing_s=0.05)


def test_run_ids_are_new_each_time_and_carry_the_date():
    first, second = new_run_id("next"), new_run_id("next")
    assert first != second
    assert first.startswith(f"next__{datetime.now(UTC):%Y-}")
