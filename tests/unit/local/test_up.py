"""What `matinee up` prints and refuses, on a home whose supervisor this test plays."""

import time

import pytest

from matinee.errors import MatineeError
from matinee.local import bring_up, state
from matinee.local.state import ProcessState, State
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.settings import Settings
from support import two_tastes


@pytest.fixture
def settings(tmp_path, api) -> Settings:
    return Settings(home=tmp_path, api_port=api.server.server_port)


def test_a_second_up_changes_nothing_and_shows_addresses_and_a_recommendation(settings, console):
    two_tastes().write_csv(settings.home / "ratings.csv")
    settings = settings.model_copy(update={"data": str(settings.home / "ratings.csv"), "bootstrap": "100d"})
    ChunkLedger(settings).close_next("first")
    ready = ProcessState("api", phase="ready", address="http://127.0.0.1:8000")
    with state.take_lock(settings.home):
        State.of_this_process([ready, ProcessState("airflow-migrate", phase="done")]).write(settings.home)
        bring_up.up(settings, console)
    shown = console.file.getvalue()
    assert "matinee runs already" in shown
    assert "http://127.0.0.1:8000" in shown
    assert "Star Wars" in shown
    assert State.read(settings.home).processes[0] == ready


def test_a_process_that_crashes_again_and_again_is_an_error_with_its_last_lines(settings, console):
    failed = ProcessState(
        "mlflow", phase="failed", restarts=5, problem="ended with exit code 1\nTraceback\nno disk space"
    )
    State.of_this_process([failed]).write(settings.home)
    with pytest.raises(MatineeError) as failure:
        bring_up._wait_until_ready(settings, console, time.monotonic())
    assert "mlflow crashed 5 times: ended with exit code 1 | " in failure.value.message
    assert "no disk space" in failure.value.message
    assert str(settings.home / "logs" / "mlflow.log") in failure.value.hint


def test_a_process_that_never_gets_ready_is_named(settings, console, monkeypatch):
    monkeypatch.setattr(bring_up, "START_S", 0.2)
    State.of_this_process([ProcessState("api", phase="ready"), ProcessState("ui", phase="starting")]).write(
        settings.home
    )
    with pytest.raises(MatineeError, match=r"Not ready after 0 s: ui\."):
        bring_up._wait_until_ready(settings, console, time.monotonic())


def test_a_supervisor_that_has_ended_is_an_error_that_names_its_log(settings, console, monkeypatch):
    monkeypatch.setattr(bring_up, "SUPERVISOR_S", 0.0)
    State(pid=1, created=0.0, processes=[]).write(settings.home)
    with pytest.raises(MatineeError, match=r"supervisor has ended.*supervisor\.log"):
        bring_up._wait_until_ready(settings, console, time.monotonic())
