"""Restarts by the supervisor, in the metrics of the API server."""

import pytest

from matinee.local.state import ProcessState, State
from matinee.serving.prometheus import Metrics
from matinee.serving.workers.health import WorkerHealth
from matinee.serving.workers.restarts import STATE_FILE


def page(home) -> str:
    return Metrics(home / "workers", WorkerHealth(home)).page().decode()


def test_what_the_supervisor_has_started_again_is_counted_by_program(tmp_path):
    programs = [ProcessState("mlflow", restarts=3), ProcessState("airflow-scheduler")]
    State.of_this_process(programs).write(tmp_path)
    assert 'matinee_restarts_total{program="mlflow"} 3.0' in page(tmp_path)
    assert 'matinee_restarts_total{program="airflow-scheduler"} 0.0' in page(tmp_path)


@pytest.mark.parametrize(
    "state", [None, "", "[]", '{"processes": [{}]}', '{"processes": [{"name": "x", "restarts": "y"}]}']
)
def test_metrics_go_on_where_no_supervisor_has_left_what_can_be_read(tmp_path, state):
    if state is not None:
        (tmp_path / STATE_FILE).write_text(state)
    assert "matinee_restarts_total{" not in page(tmp_path)
    assert "matinee_disk_free_bytes" in page(tmp_path)
