"""ChallengerStore and the value of freshness over the API."""

import sqlite3
from datetime import UTC, datetime

import pytest

from matinee.lifecycle.challengers import ChallengerStore, Evidence, Standing
from matinee.lifecycle.freshness import FreshnessStore, GainOnChunk
from matinee.ratings.ledger.ledger import ChunkLedger

AT = datetime(2020, 1, 20, tzinfo=UTC)


@pytest.fixture
def settings(settings, ratings, tmp_path):
    ratings.write_csv(tmp_path / "ratings.csv")
    own = settings.model_copy(update={"data": str(tmp_path / "ratings.csv"), "bootstrap": "10d"})
    for number in range(2):
        ChunkLedger(own).close_next(f"run-{number}")
    return own


def standing(name: str, champion: str, **more: object) -> Standing:
    return Standing(f"{name} against {champion}", name, champion, 1, "gathering", "Not enough.", 2, AT, **more)


def test_before_anything_was_compared_both_are_empty(start):
    api = start()
    assert api.get("/v1/challengers").json() == {"champion": None, "challengers": []}
    assert api.get("/v1/freshness").json() == {"gains": [], "by_chunk": []}


def test_challengers_of_the_present_champion_are_told_with_what_they_cost(start, settings):
    store = ChallengerStore(settings)
    store.keep(standing("als", "ease {}"))
    known = Evidence(300, 20, 0.04, -0.06, -0.1, -0.02, None, {"warm": {"difference": 0.1, "n_users": 9}})
    store.keep(standing("als", "blend {}", seconds=9.5, run_id="r", evidence=known))
    answer = start().get("/v1/challengers").json()
    assert answer["champion"] == "blend {}"
    (als,) = answer["challengers"]
    assert (als["difference"], als["low"], als["high"], als["n_users"], als["seconds"]) == (
        -0.06,
        -0.1,
        -0.02,
        300,
        9.5,
    )
    assert als["days_needed"] is None
    assert als["segments"] == {"warm": {"difference": 0.1, "low": None, "high": None, "n_users": 9}}


def test_freshness_is_told_for_each_chunk_and_for_all_together(start, settings):
    week = [GainOnChunk(1, 7, AT, 30, 0.2, 0.1, 0.01), GainOnChunk(2, 7, AT, 10, 0.1, 0.1, 0.01)]
    FreshnessStore(settings).keep([*week, GainOnChunk(2, 1, AT, 1, 0.1, 0.2, 0)])
    answer = start().get("/v1/freshness").json()
    assert [(each["chunk_id"], each["days"]) for each in answer["by_chunk"]] == [(1, 7), (2, 1), (2, 7)]
    (week,) = answer["gains"]  # one user of one day shows nothing
    assert (week["days"], week["n_users"], week["n_chunks"]) == (7, 40, 2)
    assert week["difference"] == pytest.approx(0.75)
    assert week["high"] - week["difference"] == pytest.approx(1.96 * (40 * 0.01) ** 0.5 / 4)


def test_what_learning_is_worth_is_a_metric_and_metrics_go_on_without_the_database(start, settings, monkeypatch):
    api = start()
    assert "matinee_freshness_gain_ratio{" not in api.get("/metrics").text
    FreshnessStore(settings).keep([GainOnChunk(2, 7, AT, 40, 0.2, 0.1, 0.01)])
    assert 'matinee_freshness_gain_ratio{days="7"} 1.0' in api.get("/metrics").text

    def unavailable(_: FreshnessStore) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(FreshnessStore, "newest", unavailable)
    answer = api.get("/metrics")
    assert answer.status_code == 200
    assert "matinee_freshness_gain_ratio{" not in answer.text
