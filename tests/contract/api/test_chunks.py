"""The chunk ledger over the API."""

from datetime import UTC, datetime

import pytest

from matinee.drift.records import ChunkStatistics, StatisticsStore
from matinee.ratings.ledger.ledger import ChunkLedger


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


def test_ratings_of_a_day_that_was_closed_before_they_came_are_counted(start, settings, tmp_path):
    ledger = ChunkLedger(settings)
    ledger.close_next("first")
    with (tmp_path / "ratings.csv").open("a") as file:
        file.writelines(f"u{number},m39,5,2020-01-03T00:00:0{number}Z\n" for number in range(2))
    ledger.close_next("second")
    found = start().get("/v1/chunks").json()["chunks"]
    assert [(each["chunk_id"], each["n_late"]) for each in found] == [(2, 2), (1, 0)]


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


def test_what_the_watch_found_and_what_somebody_decided_is_told(start, settings):
    for number in range(2):
        ChunkLedger(settings).close_next(f"run-{number}")
    store = StatisticsStore(settings)
    store.keep(statistics(2, "refused"))
    store.decide(2, "left_out", "a test of the shop", "anna")
    second, first = start().get("/v1/chunks").json()["chunks"]
    assert (first["statistics"], first["decision"]) == (None, None)
    assert second["statistics"]["verdict"] == "refused"
    assert second["statistics"]["rating_histogram"] == {"3.0": 4, "5.0": 6}
    assert {**second["decision"], "at": None} == {"decision": "left_out", "reason": "a test of the shop", "at": None}


def statistics(chunk_id: int, verdict: str) -> ChunkStatistics:
    return ChunkStatistics(
        chunk_id=chunk_id,
        verdict=verdict,
        reasons=["It is odd."],
        n_ratings=10,
        n_users=5,
        n_new_users=2,
        n_ratings_of_new_users=4,
        n_movies=8,
        n_new_movies=1,
        n_ratings_of_new_movies=1,
        ratings_by_day={"2020-01-11": 10},
        rating_histogram={"3.0": 4, "5.0": 6},
        mean_rating=4.2,
        ratings_per_user=2.0,
        most_ratings_of_a_user=4,
        quarantine_share=0.0,
        usual_n_ratings=9.0,
        rating_distance=0.1,
        rating_p_value=0.5,
        popularity_distance=0.1,
        popularity_p_value=0.5,
        popularity_overlap=None,
        watched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
