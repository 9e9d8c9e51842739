"""The checks of the chaos suite notice what they are there for."""

import pytest
import sqlalchemy as sa

from chaos import checks
from chaos.checks import lost_and_doubled
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
