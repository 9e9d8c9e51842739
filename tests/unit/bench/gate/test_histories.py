"""Histories of looks, on differences whose truth is known."""

from math import inf

import numpy as np
import pytest

from matinee.bench.gate.histories import EFFECTS, Looks, _day_of, false_rollbacks, resampled, summary
from matinee.bench.gate.walk import Day, Walk
from matinee.evaluation.evidence import Differences


def differences(mean: float, n_users: int = 400) -> Differences:
    values = mean + np.tile([0.1, -0.1], n_users)
    return Differences(values, np.repeat(np.arange(n_users), 2), np.arange(2 * n_users) // 8)


def day_of_promotion(mean: float) -> float:
    return _day_of(differences(mean))


def test_whole_users_are_drawn_and_days_stay_in_order():
    drawn = resampled(differences(0.0), np.random.default_rng(1))
    assert (np.diff(drawn.days) >= 0).all()
    assert len(drawn) == 800
    assert (np.unique(drawn.users, return_counts=True)[1] == 2).all()


def test_a_better_model_is_promoted_sooner_than_one_that_is_little_better_and_a_worse_one_never():
    assert day_of_promotion(0.1) <= day_of_promotion(0.03) < inf
    assert day_of_promotion(-0.02) == inf


def test_rates_are_the_worst_of_all_pairs_and_days_those_of_all_histories():
    looks = [Looks("d", pair, True, effect, [10.0, inf]) for pair in ("a/b", "c/d") for effect in EFFECTS]
    looks[0] = Looks("d", "a/b", True, "equal", [inf, inf])
    found = summary(looks)
    assert (found["equal_promoted"], found["worse_promoted"]) == (0.5, 0.5)
    assert found["days_until"]["+5%"] == [None, None]
    some = [Looks("d", "a/b", True, effect, [10.0, 20.0, 30.0]) for effect in EFFECTS]
    assert summary(some)["days_until"]["+25%"] == [20.0, 30.0]


@pytest.mark.parametrize(("spread", "rate"), [(0.05, 0.0), (0.0, 0.0)])
def test_neighbours_that_are_alike_are_not_rolled_back(spread, rate):
    random = np.random.default_rng(2)
    days = [
        Day(number, True, None, [f"u{user}" for user in range(15)], list(random.normal(0, spread, 15)))
        for number in range(10)
    ]
    assert false_rollbacks([Walk("d", "als", days)], short=True) == rate


def test_error_rates_are_of_pairs_on_which_nothing_was_tuned():
    held_out = [Looks("d", "a/b", True, effect, [inf, inf]) for effect in EFFECTS]
    tuned = [Looks("d", "c/d", False, effect, [10.0, 10.0]) for effect in EFFECTS]
    told = summary([*held_out, *tuned])
    assert (told["equal_promoted"], told["days_until"]["+25%"]) == (0, [None, None])
    assert {each["pair"]: each["is_held_out"] for each in told["pairs"]} == {"a/b": True, "c/d": False}
