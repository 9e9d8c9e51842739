"""What the commands of a day print."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from matinee import clock
from matinee.cli.daily import _version_table
from matinee.cli.root import app
from matinee.clients.airflow import transport
from matinee.lifecycle.registry import ModelVersion
from matinee.settings import Settings
from matinee.stages.ingest import ingest_chunk
from matinee.stages.stores import Stores

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("is_pinned", "has_artifacts", "says"),
    [(False, True, "archived"), (True, True, "archived, pinned"), (False, False, "archived, artifacts removed")],
)
def test_the_list_of_versions_says_which_are_pinned_and_which_have_lost_their_artifacts(is_pinned, has_artifacts, says):
    version = ModelVersion("3", "run", "archived", 2, "", "promote", "ok", datetime.now(UTC), is_pinned, has_artifacts)
    (_, stages, *_) = _version_table([version], {"run": {"ndcg_at_10": 0.25}}).columns
    assert list(stages.cells) == [says]


@pytest.fixture
def day_that_runs(tmp_path, airflow_server, monkeypatch):
    """A live home at noon that has taken all that is over, and whose Airflow runs the real `ingest`."""
    rows = [f"u{day},m{day % 3},5,{(NOON - timedelta(days=day)).isoformat()}" for day in range(6)]
    (tmp_path / "r.csv").write_text("\n".join(["user_id,movie_id,rating,rated_at", *rows]))
    values = {"home": tmp_path / "home", "data": str(tmp_path / "r.csv"), "airflow_port": airflow_server.port}
    for name, value in values.items():
        monkeypatch.setenv(f"MATINEE_{name.upper()}", str(value))
    monkeypatch.setattr(transport, "POLL_S", 0.01)
    stores = Stores.of(Settings(_env_file=None, **values))

    def run(_: str, dag_run_id: str):
        made = airflow_server.promoting_run(dag_run_id, caused=None)
        made.results = {"ingest": ingest_chunk(stores, dag_run_id)}
        made.tasks |= dict.fromkeys(("train", "evaluate", "promote"), "skipped")
        return made

    airflow_server.next_run = run
    with clock.pretended(lambda: NOON):
        ingest_chunk(stores, "first")
        yield stores


def test_next_on_a_day_that_is_not_over_says_when_it_ends_and_takes_nothing(day_that_runs, airflow_server):
    before = day_that_runs.ledger.chunks()
    done = CliRunner().invoke(app, ["next", "-n", "3"])
    assert done.exit_code == 0, done.output
    said = "There is nothing to take yet. The period ends at 2026-11-27 00:00 UTC and is taken 1h later."
    assert " ".join(done.stdout.split()) == said
    assert day_that_runs.ledger.chunks() == before
    assert len(airflow_server.triggered) == 1, "a week of days that are not over is one run"


@pytest.mark.usefixtures("day_that_runs")
def test_next_gives_the_day_that_is_not_over_to_programs_too():
    done = CliRunner().invoke(app, ["next", "--json"])
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.exit_code, run["outcome"], run["chunk_id"], run["served_version"]) == (0, "not_over", None, None)
    assert "ends at 2026-11-27 00:00 UTC" in run["reason"]
