"""The checks of the chaos suite notice what they are there for."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from chaos import checks
from chaos.checks import lost_and_doubled
from chaos.days import Day
from matinee.lifecycle.history import ModelEvent
from matinee.ratings.database import engine
from matinee.ratings.feedback.store import FeedbackStore, NewRating
from matinee.ratings.ledger.ledger import ChunkLedger


@pytest.fixture
def own(settings, ratings, tmp_path):
    """A home with three chunks and an acknowledged rating in the last."""
    ratings.write_csv(tmp_path / "ratings.csv")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "5d"})
    FeedbackStore(own).add([NewRating("chaos1", "m1", 5)])
    for number in range(3):
        ChunkLedger(own).close_next(f"run-{number}")
    return own


def test_a_ledger_that_is_whole_has_nothing_wrong(own):
    assert list(checks.ledger(own)) == []


def test_a_gap_in_the_ledger_is_noticed(own):
    with engine(own).begin() as connection:
        connection.execute(sa.text("UPDATE chunks SET chunk_id = 7 WHERE chunk_id = 3"))
    assert "the ledger has the chunks [1, 2, 7]" in list(checks.ledger(own))


def test_a_chunk_without_its_file_is_noticed(own):
    (own.home / "ratings" / "chunk-00002.parquet").unlink()
    assert list(checks.ledger(own)) == ["chunk 2 has no file"]


def test_a_rating_that_is_in_the_database_and_in_one_chunk_is_counted_once_in_each(own):
    assert checks._in_database(own) == checks._in_chunks(own) == {"chaos1": 1}


def test_what_is_missing_anywhere_is_lost_and_what_is_anywhere_twice_is_doubled():
    places = [{"a": 1, "b": 1, "c": 1}, {"a": 1, "c": 2}]
    assert lost_and_doubled(["a", "b", "c"], places) == (["b [1, 0]"], ["c [1, 2]"])


def history(*events):
    """What happened, as `what, version, previous version`."""
    now = datetime.now(UTC)
    return [ModelEvent(number, *each, "why", "somebody", now) for number, each in enumerate(events)]


def test_older_data_and_what_was_held_are_not_taken_over_unnoticed():
    chunks = {"1": 1, "2": 2, "3": 3}
    fine = history(("promoted", "1", None), ("promoted", "2", "1"), ("rolled_back", "1", "2"), ("resumed", "1", "1"))
    assert list(checks.promotions([*fine, *history(("promoted", "3", "1"))], chunks)) == []
    older = [*fine, *history(("promoted", "3", "1"), ("promoted", "2", "3"))]
    assert list(checks.promotions(older, chunks)) == ["version 2 took over from the newer data of version 3"]
    held = [*fine[:-1], *history(("promoted", "3", "1"))]
    assert list(checks.promotions(held, chunks)) == ["version 3 took over from version 1, which was held"]


@pytest.mark.parametrize(("code", "state", "n_given_up"), [(4, "success", 1), (4, "failed", 0), (1, "success", 0)])
def test_next_may_not_give_up_on_a_run_that_goes_through(settings, airflow_server, code, state, n_given_up):
    run = airflow_server.promoting_run("next__1")
    run.states = [state]
    airflow_server.runs.append(run)
    began_at = datetime(2026, 1, 1, tzinfo=UTC).timestamp() - 5
    own = settings.model_copy(update={"airflow_port": airflow_server.port})
    days = [Day(0.0, began_at, 90.0, code, "failed", "Airflow does not answer."), Day(0.0, 0.0, 9.0, 4, "failed", "")]
    assert len(list(checks.given_up(own, days))) == n_given_up
