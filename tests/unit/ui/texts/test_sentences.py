"""Every sentence that the server writes for people is told in Korean."""

import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from matinee.drift.rules import Beside, judge
from matinee.evaluation.decision import Outcome, QuestionName
from matinee.evaluation.gate import sound, switched_off
from matinee.evaluation.soundness import FLOOR, Probe
from matinee.ui.texts.en import ENGLISH
from matinee.ui.texts.ko import KOREAN
from matinee.ui.texts.sentences import translated

BESIDE = Beside(
    covers_time=True, has_past=True, largest_rating_share=0.4, expected_new_movie_share=0.1, explorer_share=0.9
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
