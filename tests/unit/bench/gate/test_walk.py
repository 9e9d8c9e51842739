"""Days of small ratings with a known structure, walked through as the loop would."""

from datetime import timedelta

import polars as pl
import pytest

from matinee.bench.gate import sabotage, training, walk
from matinee.bench.gate.examination import Examination
from matinee.bench.gate.timeline import Timeline, of_its_people
from matinee.bench.gate.training import train
from matinee.evaluation.split import Split
from matinee.settings import Settings
from support import two_tastes

SABOTAGES = [
    *sabotage.BREAKS,
    "trained on a tenth",
    "user rows shifted by one",
    "a chunk with movie ids shuffled",
    "30 % shill ratings of one movie",
    "a day repeated",
]


@pytest.fixture(scope="module")
def timeline(tmp_path_factory) -> Timeline:
    folder = tmp_path_factory.mktemp("gate")
    two_tastes(n_users=120, n_movies=60, n_days=26).write_csv(folder / "ratings.csv")
    return Timeline.of(Settings(_env_file=None, home=folder, data=str(folder / "ratings.csv"), bootstrap="18d"))


@pytest.fixture
def fits(monkeypatch) -> list[int]:
    """Number of ratings of each fit."""
    counted: list[int] = []

    def fit(algorithm, interactions, start=None, really=training.fit):
        counted.append(len(interactions.histories.items))
        return really(algorithm, interactions, start)

    monkeypatch.setattr(training, "fit", fit)
    return counted


@pytest.mark.slow
def test_a_walk_examines_each_day_and_breaks_some_in_every_way(timeline):
    done = walk.walk(timeline, "ease", 4)
    assert [day.is_let_through for day in done.days] == [True] * 4
    assert [caught.name for caught in done.broken] == SABOTAGES * 3
    refused = {caught.name for caught in done.broken if caught.is_refused}
    assert {"weights zeroed", "rows of movies permuted", "scores constant"} <= refused
    assert all(len(day.users) == len(day.newer_minus_older) > 0 for day in done.days)


def test_broken_models_of_a_day_are_held_against_one_second_fit(timeline, fits):
    split = timeline.split(0)
    before = train(timeline, "als", split.past, -1, None)
    day = Examination(timeline, "als", 0, split, before, [])
    list(sabotage.caught(day))
    whole = len(day.candidate.interactions.histories.items)
    assert 1 <= fits.count(whole) <= 2  # the candidate itself, and the second fit if anybody asked for one
    assert len(fits) <= 1 + 2 + 1 + 1 + 3 * 3  # bootstrap, those two, half of the chunk, a tenth, three broken chunks


def test_only_the_past_of_the_people_of_a_day_is_read(timeline):
    split = timeline.split(2)
    asked = of_its_people(split)
    assert set(asked.past["user_id"]) <= set(split.holdout["user_id"])
    own = split.past.filter(pl.col("user_id").is_in(split.holdout["user_id"].unique().to_list()))
    assert asked.past.sort("user_id", "rated_at").equals(own.sort("user_id", "rated_at"))
    assert timeline.cases(split)


def test_choices_are_kept_for_a_week_and_then_made_again(timeline, monkeypatch):
    monkeypatch.setattr("matinee.models.choices.GROWTH", 100)
    first = train(timeline, "blend", timeline.split(0).past, -1, None)
    later = train(timeline, "blend", timeline.split(6).past, 5, first)
    due = train(timeline, "blend", timeline.split(7).past, 6, first)
    assert first.choices is not None
    assert later.choices == first.choices
    assert due.choices is not None
    assert due.choices.basis.ends_at - first.choices.basis.ends_at == timedelta(days=7)


def test_a_chunk_of_nobody_has_no_cases(timeline):
    split = timeline.split(0)
    assert timeline.cases(Split(split.past, split.holdout.clear())) == []
