"""What is looked at while matinee runs, and what it costs."""

from pathlib import Path

import pytest

from fake_api import FakeApi
from matinee.doctor.examine import examine_running
from matinee.errors import MatineeError
from matinee.ratings.ledger.ledger import ChunkLedger
from matinee.ratings.sources.source import prepare


def _ok(settings):
    return {each.what: each.ok for each in examine_running(settings)}


def test_a_running_matinee_is_looked_at_without_what_only_its_machine_knows(own, airflow_server, api: FakeApi):
    found = _ok(own.model_copy(update={"airflow_url": airflow_server.url, "api_url": api.url}))
    assert list(found) == [
        "disk",
        "storage",
        "chunks",
        "days",
        "quarantine",
        "MLflow",
        "Airflow",
        "DAGs",
        "parts of the API server",
        "background tasks",
    ]
    assert [what for what, ok in found.items() if not ok] == ["MLflow", "background tasks"]


def test_looking_reads_no_file_of_the_source(own):
    found = {each.what: each for each in examine_running(own)}
    assert found["quarantine"].detail.startswith("0 in the source")
    assert not (own.home / "datasets").exists()
    ChunkLedger(own).close_next("first")
    Path(own.data).unlink()
    with pytest.raises(MatineeError):
        prepare(own)
    assert {"days": True, "quarantine": True}.items() <= _ok(own).items()
