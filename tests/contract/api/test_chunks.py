"""The chunk ledger over the API."""

import pytest

from matinee.ratings.ledger import ChunkLedger


@pytest.fixture
def settings(settings, ratings, tmp_path):
    ratings.write_csv(tmp_path / "ratings.csv")
    with (tmp_path / "ratings.csv").open("a") as file:
        file.write("u1,m1,many,2020-01-03T00:00:00Z\nu1,,5,2020-01-03T00:00:00Z\n")
    return settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "10d"})


def test_before_the_first_chunk_the_ledger_is_empty(start):
    assert start().get("/v1/chunks").json() == {"chunks": []}


def test_chunks_are_listed_newest_first_with_their_counts(start, settings):
    ledger = ChunkLedger(settings)
    closed = [ledger.close_next(f"run-{number}") for number in range(3)]
    found = start().get("/v1/chunks").json()["chunks"]
    assert [each["chunk_id"] for each in found] == [3, 2, 1]
    assert [each["n_ratings"] for each in found] == [each.n_ratings for each in reversed(closed)]
    assert found[1]["ends_at"] == found[0]["starts_at"]
    assert {each["state"] for each in found} == {"closed"}


def test_what_was_quarantined_is_told_by_reason(start, settings):
    ChunkLedger(settings).close_next("run-1")
    (found,) = start().get("/v1/chunks").json()["chunks"]
    assert found["n_quarantined"] == 2
    assert found["quarantine"] == ChunkLedger(settings).quarantined(1)
    assert len(found["quarantine"]) == 2


def test_a_list_of_chunks_can_be_short(start, settings):
    for number in range(3):
        ChunkLedger(settings).close_next(f"run-{number}")
    assert [each["chunk_id"] for each in start().get("/v1/chunks?limit=2").json()["chunks"]] == [3, 2]
