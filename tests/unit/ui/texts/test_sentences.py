"""Every sentence that the server writes for people is told in Korean."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import polars as pl
import pytest

from matinee.clients.schemas.findings import Finding
from matinee.drift.agreement import Agreement
from matinee.drift.patterns import Patterns, Pushed
from matinee.drift.rules import Beside, judge
from matinee.evaluation.decision import Outcome, QuestionName
from matinee.evaluation.gate import sound, switched_off
from matinee.evaluation.soundness import FLOOR, Probe
from matinee.ui.parts.findings import detail
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN
from matinee.ui.texts.sentences import translated

NONE = pl.DataFrame(
    schema={"user_id": pl.String, "movie_id": pl.String, "rating": pl.Float32, "chunk_id": pl.Int64, "window": pl.Int64}
)
BESIDE = Beside(
    has_one_rating=False,
    covers_time=True,
    has_past=True,
    n_users_with_stars=300,
    largest_rating_share=0.4,
    expected_new_movie_share=0.1,
    explorer_share=0.9,
    patterns=Patterns(NONE, NONE),
    agreement=Agreement(0, None, None),
)
NUMBER = re.compile(r"\d(?:[\d.,]*\d)?%?")
STRANGE = [
    {"n_ratings": 0},
    {"n_ratings": 3000, "n_users": 300, "rating_histogram": {"5.0": 3000}},
    {"n_ratings": 300_000, "usual_n_ratings": 1234.0},
    {"n_ratings": 100, "n_users": 50, "n_ratings_of_new_movies": 90},
    {"n_ratings": 100, "quarantine_share": 0.75},
    {"n_ratings": 1, "usual_n_ratings": 1234.0},
    {"n_ratings": 100, "rating_distance": 0.31, "rating_p_value": 0.0001},
    {"n_ratings": 100, "popularity_distance": 0.42, "popularity_p_value": 0.0002},
]


@pytest.mark.parametrize("strange", STRANGE, ids="-".join)
def test_whatever_the_data_watch_says_is_told_in_korean(watched_chunk, strange):
    usual = watched_chunk(2).statistics
    _, reasons = judge(replace(usual, **strange), BESIDE)
    assert reasons
    for reason in reasons:
        korean = translated(reason, KOREAN.sentences)
        assert not re.search(r"[A-Za-z]{2}", korean), korean
        assert sorted(NUMBER.findall(korean)) == sorted(NUMBER.findall(reason))
        assert translated(reason, ENGLISH.sentences) == reason


@pytest.mark.parametrize(
    "found",
    [
        {"share_of_one": 0.46, "share_is_rare": True},
        {"share_of_one": 0.46},
        {"repeated": (3, 0.9)},
        {"pushed": [Pushed("7", 15, 0.3)]},
        {"agreement": Agreement(210, -0.03, 0.38)},
    ],
    ids=["a bot", "a busy user", "a day sent twice", "a movie that is pushed", "movie ids mixed up"],
)
def test_what_programs_do_and_mixed_up_ids_are_told_in_korean(watched_chunk, found):
    nothing = {"share_of_one": 0.0, "share_is_rare": False, "repeated": None, "pushed": []}
    patterns = SimpleNamespace(**nothing | found)
    _, reasons = judge(
        watched_chunk(2).statistics,
        replace(BESIDE, patterns=patterns, agreement=found.get("agreement", BESIDE.agreement)),
    )
    assert reasons
    for reason in reasons:
        korean = translated(reason, KOREAN.sentences)
        words = re.sub(r"`?matinee \w+( \d+ --leave-out --reason WHY)?`?", "", korean)
        assert not re.search(r"[A-Za-z]{2}", words), korean
        assert sorted(NUMBER.findall(korean)) == sorted(NUMBER.findall(reason))


DOCTOR = [
    ("disk", "/m has 0.5 GB left, and matinee wants 2 GB."),
    ("disk", "The disk is full in about 15 days: /m has grown by 201 MB a day."),
    ("disk", "9 GB free; /m has grown by 1 MB a day, enough for 3,000 days"),
    ("days", "1,234 ratings wait, and no chunk was taken for 3 days."),
    (
        "quarantine",
        "12 duplicate in the source, 2 of these of movies; 3 late in chunks, 1 of these in the newest that has any",
    ),
    (
        "quarantine",
        "50.0% of the 2 rows of ratings cannot be used: 1 late. 1.5% of the 99 rows of movies cannot be used: 1 late.",
    ),
    ("DAGs", "train_model is paused: its runs wait until it is unpaused. Airflow does not know prune_home."),
    ("DAGs", "The last run of train_model (scheduled__1) failed in train."),
    ("registry", "7 versions are registered, and none is in production."),
    ("registry", "The files of version 2, which is in production, are gone from MLflow."),
    ("served model", "The API server serves version 2, and version 3 is in production."),
    ("served model", "The API server serves no version, and version 3 is in production."),
    ("background tasks", "Tasks of the API server died since its start and were started again: follower (2)."),
    ("MLflow", "http://127.0.0.1:5000/health answers 503."),
]
NAMES = re.compile(
    r"matinee|/m|GB|MB|train_model|prune_home|DAG|Airflow|MLflow|API|follower|train|scheduled__1|http\S+"
)
"""What stays in Latin letters in Korean."""


@pytest.mark.parametrize(("what", "told"), DOCTOR, ids=lambda text: text[:30])
def test_whatever_the_doctor_finds_is_told_in_korean_with_its_numbers(what, told):
    finding = Finding(what=what, ok=False, detail=told)
    korean = detail(KOREAN, finding)
    assert not re.search(r"[A-Za-z]{2}", NAMES.sub("", korean)), korean
    assert sorted(NUMBER.findall(korean)) == sorted(NUMBER.findall(told))


def test_what_the_gate_says_without_numbers_is_told_in_korean():
    assert re.search("[가-힣]", translated(switched_off(None).reason, KOREAN.sentences))


def test_every_check_and_question_of_the_gate_has_its_sentence():
    probe = Probe(n_users=500, agreement=1.0, likeness=FLOOR, is_finite=True, is_constant=False)
    checks = sound(probe, FLOOR, np.array([0.1, 0.0]), lambda: None)
    for texts in (ENGLISH, KOREAN):
        for check in checks:
            assert texts.decisions.checks[check.name].format(**check.numbers)
        assert texts.decisions.questions.keys() == set(get_args(QuestionName))
        assert texts.decisions.outcomes.keys() == set(get_args(Outcome))


def test_a_sentence_that_nobody_knows_stays_as_it_is():
    assert translated("The moon is full.", KOREAN.sentences) == "The moon is full."
