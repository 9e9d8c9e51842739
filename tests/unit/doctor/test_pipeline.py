"""DAGs that do not do their work are told, and what is in quarantine."""

from datetime import UTC, datetime, timedelta

import pytest

from matinee import clock
from matinee.doctor import pipeline
from matinee.errors import MatineeError
from matinee.ratings.ledger.ledger import ChunkLedger


@pytest.fixture
def own(own, airflow_server):
    return own.model_copy(update={"airflow_url": airflow_server.url})


def test_dags_that_are_known_and_not_paused_are_well(own, airflow_server):
    airflow_server.runs += [airflow_server.deploy_run(), airflow_server.promoting_run("by-hand")]
    assert "none is paused" in pipeline.check_dags(own)


def test_a_paused_dag_is_told_with_where_to_unpause_it(own, airflow_server):
    airflow_server.paused = True
    with pytest.raises(MatineeError, match=r"train_model is paused.* prune_home is paused") as found:
        pipeline.check_dags(own)
    assert f"{airflow_server.url}/dags" in found.value.hint


def test_a_task_that_failed_in_the_last_run_is_told(own, airflow_server):
    run = airflow_server.promoting_run("scheduled__1")
    run.states, run.tasks = ["failed"], {"ingest": "success", "train": "failed", "evaluate": "upstream_failed"}
    airflow_server.runs.append(run)
    with pytest.raises(MatineeError, match=r"The last run of train_model \(scheduled__1\) failed in train"):
        pipeline.check_dags(own)


def test_a_night_that_failed_is_told(own, airflow_server):
    run = airflow_server.promoting_run("scheduled__2")
    run.dag_id, run.states, run.tasks = "prune_home", ["failed"], {"prune": "failed"}
    airflow_server.runs.append(run)
    with pytest.raises(MatineeError, match=r"The last run of prune_home \(scheduled__2\) failed in prune"):
        pipeline.check_dags(own)


def test_a_dag_file_that_cannot_be_read_is_told(own, airflow_server):
    airflow_server.import_errors = [{"filename": "train_model.py", "stack_trace": "…\nSyntaxError: invalid"}]
    with pytest.raises(MatineeError, match=r"train_model.py: SyntaxError"):
        pipeline.check_dags(own)


def test_ratings_that_wait_for_days_are_told(own):
    own = own.model_copy(update={"bootstrap": "5d"})
    assert pipeline.check_days(own) == "none is taken yet"
    ChunkLedger(own).close_next("first")
    assert "taken 0 days ago" in pipeline.check_days(own)
    later = datetime.now(UTC) + timedelta(days=3, hours=1)
    with clock.pretended(lambda: later), pytest.raises(MatineeError, match="no chunk was taken for 3 days") as found:
        pipeline.check_days(own)
    assert "matinee next" in found.value.hint


def test_a_day_that_was_taken_while_the_clock_was_ahead_is_told(own):
    ChunkLedger(own).close_next("first")
    ends_at = ChunkLedger(own).chunk(1).ends_at
    for now, told in ((ends_at - timedelta(hours=1), "nothing is taken"), (ends_at - timedelta(days=9), "as late")):
        with clock.pretended(lambda now=now: now), pytest.raises(MatineeError, match="the clock was ahead") as found:
            pipeline.check_days(own)
        assert told in str(found.value)


def test_a_data_set_at_its_end_may_rest(own):
    ledger = ChunkLedger(own.model_copy(update={"bootstrap": "9000d"}))
    ledger.close_next("all")
    later = datetime.now(UTC) + timedelta(days=30)
    with clock.pretended(lambda: later):
        assert pipeline.check_days(own).startswith("0 ratings wait")


def test_quarantine_is_counted_by_reason_for_ratings_and_movies(own, tmp_path):
    with (tmp_path / "ratings.csv").open("a") as file:
        file.write(",m1,5,2020-01-01T00:00:00Z\nu1,m1,many,2020-01-01T00:00:00Z\n")
        file.writelines(f"v{i},m1,5,2020-01-02T00:00:00Z\n" for i in range(200))
    rows = "".join(f"n{i},One,Drama\n" for i in range(100))
    (tmp_path / "movies.csv").write_text(f"movie_id,title,genres\nm1,One,Drama\nm1,One,Drama\n{rows}")
    own = own.model_copy(update={"movies": tmp_path / "movies.csv"})
    ChunkLedger(own).close_next("first")
    told = pipeline.check_quarantine(own)
    assert told.startswith("1 duplicate, 1 empty_id, 1 rating_not_a_number in the source, 1 of these of movies;")


def test_more_than_a_slip_in_quarantine_is_wrong_and_told_with_what_to_do(own, tmp_path):
    (tmp_path / "movies.csv").write_text("movie_id,title,genres\nm1,One,Drama\nm1,One,Drama\n")
    own = own.model_copy(update={"movies": tmp_path / "movies.csv"})
    ChunkLedger(own).close_next("first")
    with pytest.raises(MatineeError, match=r"50.0% of the 2 rows of movies cannot be used: 1 duplicate.") as found:
        pipeline.check_quarantine(own)
    assert "docs/own-data.md" in found.value.hint
