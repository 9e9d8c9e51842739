"""What `ingest` says it has taken, and what it says when there is nothing to take yet."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import structlog
from structlog.testing import capture_logs

from matinee import clock
from matinee.cli.stages import _said
from matinee.drift.records import StatisticsStore
from matinee.ratings.feedback import FeedbackStore, NewRating
from matinee.ratings.sources.source import prepare
from matinee.settings import Settings
from matinee.stages import ingest as ingesting
from matinee.stages.ingest import ingest_chunk
from matinee.stages.stores import Stores
from matinee.stages.tested_chunk import TestedChunk
from matinee.stages.watch import require_sound

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def time():
    """The present, as a list of one that a test may change."""
    present = [NOON]
    with clock.pretended(lambda: present[0]):
        yield present


@pytest.fixture
def append(tmp_path: Path):
    path = tmp_path / "r.csv"
    path.write_text("user_id,movie_id,rating,rated_at\n")

    def more(*times: datetime) -> None:
        n = len(path.read_text().splitlines())
        with path.open("a") as file:
            file.writelines(f"u{n + i},m{(n + i) % 3},5,{at.isoformat()}\n" for i, at in enumerate(times))

    return more


@pytest.fixture
def settings(tmp_path: Path, append) -> Settings:
    append(*(NOON - n * DAY for n in (5, 4, 3, 2, 1)), NOON - timedelta(minutes=1))
    return Settings(home=tmp_path / "home", data=str(tmp_path / "r.csv"), _env_file=None)


def ingest(settings: Settings, run_id: str) -> dict:
    return ingest_chunk(Stores.of(settings), run_id)


@pytest.mark.usefixtures("time")
def test_a_day_that_is_not_over_is_said_and_not_taken(settings):
    assert ingest(settings, "a")["n_ratings"] == 5
    nothing = ingest(settings, "b")
    assert nothing == {
        "state": "not_over",
        "ends_at": "2026-11-27T00:00:00+00:00",
        "grace": "1h",
        "n_ahead": 0,
        "chunk_id": None,
        "chunk_ids": [],
        "run_id": "b",
        "was_taken_before": False,
        "unusable": [],
    }
    assert _said(nothing) == (
        "There is nothing to take yet. The period ends at 2026-11-27 00:00 UTC and is taken 1h later."
    )


@pytest.mark.usefixtures("time")
def test_rows_that_cannot_be_used_are_said_aloud_with_what_was_taken(settings, tmp_path):
    with (tmp_path / "r.csv").open("a") as file:
        file.write("u1,m1,350,2026-11-20\n")
    assert ingest(settings, "a")["unusable"] == [
        "14.3% of the 7 rows of ratings cannot be used: 1 rating_out_of_range."
    ]


@pytest.mark.usefixtures("time")
def test_what_somebody_has_changed_in_the_home_of_the_source_is_prepared_again(settings):
    source = prepare(settings)
    source.ratings().clear().write_parquet(source.ratings_path)
    assert ingest(settings, "a")["n_ratings"] == 5


@pytest.mark.usefixtures("time")
def test_ratings_that_are_dated_ahead_are_counted_while_they_wait(settings, append):
    append(NOON + DAY + timedelta(seconds=40))
    ingest(settings, "a")
    assert _said(ingest(settings, "b")).endswith("Dated ahead, and waiting: 1.")


def test_a_run_that_is_repeated_says_that_it_had_taken_its_chunks_before(settings, append, time):
    ingest(settings, "a")
    append(NOON + DAY)
    time[0] += 2 * DAY
    taken = ingest(settings, "b")
    assert (taken["chunk_id"], taken["chunk_ids"], taken["was_taken_before"]) == (3, [2, 3], False)
    assert _said(taken) == "Chunks 2 to 3: 2026-11-26 to 2026-11-27, 2 ratings, 0 of them live, 0 late."
    again = ingest(settings, "b")
    assert again == {**taken, "was_taken_before": True}
    assert _said(again).startswith("Chunks 2 to 3, which this run had taken before: ")


def test_a_backfill_for_a_day_of_the_past_says_that_it_took_what_is_next(settings, append, time, monkeypatch):
    ingest(settings, "a")
    append(NOON + DAY)
    time[0] += 2 * DAY
    monkeypatch.setattr(ingesting, "log", structlog.get_logger())  # not the one that an earlier test has bound
    with capture_logs() as said:
        taken = ingest(settings, "backfill__2026-11-22T01:00:00+00:00")
    assert (taken["chunk_ids"], taken["was_taken_before"]) == ([2, 3], False)
    assert (taken["starts_at"], taken["ends_at"]) == ("2026-11-26T00:00:00+00:00", "2026-11-28T00:00:00+00:00")
    assert "backfill_takes_what_is_next" in [each["event"] for each in said]
    assert ingest(settings, "scheduled__2026-11-28")["state"] != "closed", "the day's own run finds it taken"
    assert ingest(settings, "backfill__2026-11-22T01:00:00+00:00") == {**taken, "was_taken_before": True}


def test_every_chunk_of_a_run_is_watched_before_the_last_one_is_learned_from(settings, append, time):
    ingest(settings, "a")
    append(NOON + DAY)
    time[0] += 2 * DAY
    ingest(settings, "b")
    require_sound(Stores.of(settings), 3, lambda _: "")
    assert [each.chunk_id for each in StatisticsStore(settings).all()] == [2, 3]


def test_a_chunk_whose_training_did_not_come_as_far_is_watched_before_it_is_learned_from(settings, append, time):
    for day in range(3):
        append(NOON + day * DAY)
        ingest(settings, f"day {day}")
        if day != 1:  # when MLflow was down
            chunk_id = Stores.of(settings).ledger.newest_closed().chunk_id
            require_sound(Stores.of(settings), chunk_id, lambda _: "")
        time[0] += DAY
    watched = [each.chunk_id for each in StatisticsStore(settings).all()]
    assert watched == [each.chunk_id for each in Stores.of(settings).ledger.chunks()]
    assert len(watched) == 3


def test_late_ratings_are_learned_from_and_judge_no_model(settings, append, time):
    ingest(settings, "a")
    append(NOON - 2 * DAY, NOON + timedelta(hours=3))
    FeedbackStore(settings).add([NewRating("me", "m0", 5, NOON - 9 * DAY)])
    time[0] += DAY
    assert ingest(settings, "b")["n_late"] == 2
    stores = Stores.of(settings)
    assert stores.ledger.ratings_of(2).height == 4
    split = TestedChunk(stores, 2).split
    assert split.holdout.height == 2
    assert (split.holdout["rated_at"] >= stores.ledger.chunk(2).starts_at).all()
    assert stores.ledger.ratings_through(2).filter(pl.col("late")).height == 2
