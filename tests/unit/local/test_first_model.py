"""Waiting for the first model: exactly one run makes it, whatever state the home is in."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from matinee.clients.airflow import Airflow, transport
from matinee.errors import DependencyUnreachable, MatineeError, Refused
from matinee.local import first_model
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings
from support import two_tastes


@pytest.fixture(autouse=True)
def _ask_often(monkeypatch):
    monkeypatch.setattr(transport, "POLL_S", 0.01)
    monkeypatch.setattr(first_model, "POLL_S", 0.01)


@pytest.fixture
def settings(tmp_path, airflow_server, api) -> Settings:
    deployed = airflow_server.deploy_run("asset__1")
    airflow_server.runs.append(deployed)
    api.model_ready = lambda: deployed.states == ["success"]
    return Settings(home=tmp_path, airflow_port=airflow_server.port, api_port=api.server.server_port)


def test_a_home_with_a_learned_model_waits_for_nothing(settings, airflow_server, api, console):
    api.model_ready = lambda: True
    assert first_model.ensure(settings, console) is False
    assert airflow_server.triggered == []


def test_the_run_that_airflow_starts_by_itself_is_followed(settings, airflow_server, console):
    airflow_server.runs.append(airflow_server.promoting_run("scheduled__2025-01-01T00:00:00+00:00"))
    assert first_model.ensure(settings, console) is True
    assert airflow_server.triggered == []
    shown = console.file.getvalue()
    assert [line.split()[:2] for line in shown.splitlines()] == [
        [task, "success"] for task in ("ingest", "train", "evaluate", "promote", "deploy")
    ]


def test_a_run_that_is_due_is_waited_for(settings, airflow_server, console):
    airflow_server.next_due = datetime.now(UTC) - timedelta(hours=3)
    scheduled = airflow_server.promoting_run("scheduled__2025-01-01T00:00:00+00:00")
    later = threading.Timer(0.2, airflow_server.runs.append, [scheduled])
    later.start()
    assert first_model.ensure(settings, console) is True
    assert airflow_server.triggered == []
    later.join()


def test_a_run_is_triggered_when_the_dag_has_no_schedule(settings, airflow_server, console):
    airflow_server.next_due = None
    assert first_model.ensure(settings.model_copy(update={"schedule": "off"}), console) is True
    assert airflow_server.triggered == [("train_model", "up__first")]


def test_a_run_is_triggered_when_none_will_come_by_itself(settings, airflow_server, console):
    assert first_model.ensure(settings, console) is True
    assert airflow_server.triggered == [("train_model", "up__first")]


def test_after_a_failed_run_a_new_one_is_triggered_under_an_id_that_two_callers_agree_on(
    settings, airflow_server, console
):
    failed = airflow_server.promoting_run("scheduled__2025-01-01T00:00:00+00:00")
    failed.states = ["failed"]
    airflow_server.runs.append(failed)
    assert first_model.ensure(settings, console) is True
    ((dag_id, first_id),) = airflow_server.triggered
    airflow_server.runs.pop()
    with Airflow(settings) as client:
        assert first_model._first_run(client, is_scheduled=True).dag_run_id == first_id
    assert dag_id == "train_model"


def test_a_failed_deployment_is_tried_once_more(settings, airflow_server, api, console):
    train, failed = airflow_server.promoting_run("scheduled__1"), airflow_server.deploy_run("asset__failed")
    failed.states, train.caused = ["failed"], "asset__failed"
    airflow_server.runs += [train, failed]
    airflow_server.next_run = lambda _, dag_run_id: airflow_server.deploy_run(dag_run_id)
    api_first = iter([False])
    api.model_ready = lambda: next(api_first, bool(airflow_server.triggered))
    assert first_model.ensure(settings, console) is True
    assert [dag_id for dag_id, _ in airflow_server.triggered] == ["deploy_model"]


def test_a_run_that_promotes_nothing_is_an_error_with_the_reason(settings, airflow_server, console):
    run = airflow_server.promoting_run("scheduled__1", caused=None)
    run.tasks["promote"], run.results["evaluate"] = "skipped", {"reason": "worse than popularity"}
    airflow_server.runs.append(run)
    with pytest.raises(MatineeError, match=r"promoted no model: worse than popularity\. .*matinee next"):
        first_model.ensure(settings, console)


def test_a_paused_dag_is_an_error(settings, airflow_server, console):
    airflow_server.paused = True
    with pytest.raises(Refused, match="paused"):
        first_model.ensure(settings, console)


def test_dag_files_that_airflow_cannot_read_are_an_error_that_says_why(settings, airflow_server, console, monkeypatch):
    monkeypatch.setattr(first_model, "SEEN_S", 0.05)
    airflow_server.known = False
    trace = "Traceback …\nSyntaxError: invalid syntax"
    airflow_server.import_errors = [{"filename": "train_model.py", "stack_trace": trace}]
    with pytest.raises(DependencyUnreachable, match=r"train_model\.py: SyntaxError"):
        first_model.ensure(settings, console)


def test_a_model_that_the_server_does_not_load_is_an_error(settings, airflow_server, api, console, monkeypatch):
    monkeypatch.setattr(first_model, "LOADED_S", 0.05)
    airflow_server.runs.append(airflow_server.promoting_run("scheduled__1"))
    api.model_ready = lambda: False
    with pytest.raises(DependencyUnreachable, match="does not serve the promoted model"):
        first_model.ensure(settings, console)


def test_whoever_rated_last_is_shown_a_recommendation_with_titles(settings, api, console, tmp_path):
    ratings = two_tastes()
    ratings.write_csv(tmp_path / "ratings.csv")
    settings = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "100d"})
    ChunkLedger(settings).close_next("first")
    api.model_ready = lambda: True
    first_model.show_recommendation(settings, console)
    shown = console.file.getvalue()
    assert f"For user {ratings['user_id'].last()} (learned, model version 1)" in shown
    assert "Star Wars" in shown
    assert "Action, War" in shown
