import numpy as np
import pytest

from matinee.evaluation import gate
from matinee.evaluation.decision import Check, Decision, Question
from matinee.evaluation.evidence import Differences
from matinee.evaluation.soundness import FLOOR, Likeness, Probe

GOOD = Probe(n_users=500, agreement=1.0, likeness=Likeness(0.95, 0.94), is_finite=True, is_constant=False)
NOBODY = np.zeros(0)
NOT_ASKED = [
    Question.not_asked("good data", "too few"),
    Question.not_asked("better algorithm", "the same"),
    Question.not_asked("held", "nobody went back"),
]


def unfitted() -> float:
    pytest.fail("a second fit was made where none is needed")


def checks(probe=GOOD, served=NOBODY, second_fit=unfitted):
    return gate.sound(probe, FLOOR, served, second_fit)


def failed(found) -> list[str]:
    return [check.name for check in found if not check.passed]


def evidence(value, n=400) -> Differences:
    values = value + np.tile([0.1, -0.1], n // 2)
    return Differences(values, np.arange(n), np.arange(n) // 8)


def test_a_model_like_that_of_yesterday_is_promoted_without_any_proof_that_it_is_better():
    decision = gate.decide(checks(), NOT_ASKED, "7")
    assert (decision.verdict, decision.compared_with) == ("promote", "7")
    assert "95%" in decision.reason


def test_what_was_not_asked_is_said_and_never_passed():
    decision = gate.decide(checks(), NOT_ASKED, "7")
    assert [(each.name, each.asked, each.outcome) for each in decision.questions] == [
        ("sound", True, "passed"),
        ("good data", False, "not asked"),
        ("better algorithm", False, "not asked"),
        ("held", False, "not asked"),
    ]
    assert decision.reason.endswith("Not asked: good data, better algorithm, held.")


def test_with_nobody_to_ask_for_even_soundness_is_not_asked():
    decision = gate.decide(gate.sound(None, FLOOR, NOBODY, unfitted), NOT_ASKED, None)
    assert [each.outcome for each in decision.questions] == ["not asked"] * 4
    assert decision.verdict == "promote"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"is_constant": True}, "scores"),
        ({"is_finite": False}, "scores"),
        ({"agreement": 0.9}, "learned is the fold-in"),
    ],
)
def test_a_broken_model_is_refused_whatever_else_is_right(change, name):
    found = checks(Probe(**{**vars(GOOD), **change}))
    assert failed(found) == [name]
    assert gate.decide(found, NOT_ASKED, "7").verdict == "reject"


@pytest.mark.parametrize("likeness", [Likeness(0.7, 0.9), Likeness(0.9, 0.6)])
def test_lists_unlike_those_of_yesterday_need_a_second_fit_that_agrees(likeness):
    changed = Probe(**{**vars(GOOD), "likeness": likeness})
    assert failed(checks(changed, second_fit=lambda: 0.97)) == []
    assert failed(checks(changed, second_fit=lambda: 0.6)) == ["resembles the model before"]
    assert failed(checks(changed, second_fit=lambda: None)) == ["resembles the model before"]


def test_the_first_model_has_nothing_to_resemble():
    assert [check.name for check in checks(Probe(**{**vars(GOOD), "likeness": None}))] == [
        "scores",
        "learned is the fold-in",
    ]


def test_a_model_that_serves_the_people_of_the_chunk_far_worse_is_refused():
    worse = np.tile([-0.5, 0.0, -0.3], 30)
    assert failed(checks(served=worse)) == ["people of the chunk"]
    assert failed(checks(served=np.tile([-0.1, 0.1], 45))) == []


def test_data_is_judged_only_on_enough_people():
    few = gate.good_data(np.full(gate.LEAST_USERS_OF_DATA - 1, -0.5))
    assert (few.asked, few.outcome) == (False, "not asked")
    assert gate.good_data(None).outcome == "not asked"


def test_data_that_does_harm_keeps_the_candidate_out():
    broken = gate.good_data(np.tile([-0.6, 0.0], gate.LEAST_USERS_OF_DATA))
    assert broken.outcome == "failed"
    decision = gate.decide(checks(), [broken, *NOT_ASKED[1:]], "7")
    assert decision.verdict == "reject"
    assert decision.reason.endswith("the model in production stays.")
    assert gate.good_data(np.tile([-0.2, 0.2], gate.LEAST_USERS_OF_DATA)).outcome == "passed"


def test_a_version_that_does_harm_is_damaged_and_one_that_has_bad_luck_is_not():
    assert gate.is_damaged(np.tile([-0.6, 0.0, 0.0], 40))
    assert not gate.is_damaged(np.tile([-0.6, 0.55, 0.0], 40))


@pytest.mark.parametrize("name", ["better algorithm", "held"])
def test_what_needs_proof_stays_out_until_it_is_proved(name):
    for value, verdict, outcome in ((0.05, "promote", "passed"), (0.001, "reject", "undecided")):
        question = gate.shown(name, "als", evidence(value), 0.2, 0.04)
        assert question.outcome == outcome
        assert gate.decide(checks(), [question], "7", needs=[name]).verdict == verdict


def test_a_challenger_that_is_not_better_yet_keeps_no_refresh_out():
    undecided = gate.shown("better algorithm", "als", evidence(0.001), 0.2, 0.04)
    assert gate.decide(checks(), [undecided], "7").verdict == "promote"


def test_proof_that_nobody_could_gather_yet_is_undecided():
    empty = Differences(np.zeros(0), np.zeros(0, int), np.zeros(0, int))
    question = gate.shown("held", "the refreshed model", empty, 0.0, 0.04)
    assert (question.asked, question.outcome) == (True, "undecided")
    assert gate.decide(checks(), [question], "7", needs=["held"]).verdict == "reject"


def test_it_is_told_how_many_more_days_the_evidence_needs():
    soon, never = (gate.shown("held", "it", evidence(value), 0.2, 0.04) for value in (0.01, -0.01))
    assert 1 <= soon.numbers["days_needed"] < 200
    assert "days_needed" not in never.numbers
    assert "no end in sight" in never.finding


def test_differences_are_told_relative_to_the_other_model():
    check = gate.better("als", evidence(0.02), 0.2, 0.04)
    assert check.numbers["difference"] == pytest.approx(0.1)
    assert check.numbers["difference_low"] < 0.1 < check.numbers["difference_high"]


def test_a_gate_that_is_off_asks_nothing_and_says_so():
    decision = gate.switched_off("7")
    assert decision.verdict == "promote"
    assert {each.outcome for each in decision.questions} == {"not asked"}


def test_a_model_that_does_not_load_is_not_sound():
    decision = gate.unloadable("It is damaged.", "7")
    assert (decision.verdict, decision.reason) == ("reject", "It is damaged.")
    assert decision.questions[0].outcome == "failed"


def test_a_record_of_an_older_matinee_still_loads():
    old = (
        '{"rule": "r", "verdict": "promote", "reason": "x", "checks": [{"name": "a", "passed": true, "finding": "f"}]}'
    )
    decision = Decision.model_validate_json(old)
    assert decision.questions == ()
    assert decision.checks == (Check(name="a", passed=True, finding="f"),)
