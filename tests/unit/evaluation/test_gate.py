import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.backtest import Backtest
from matinee.evaluation.gate import Rules, decide, relative_difference
from matinee.settings import Settings

RULES = Rules.of(Settings(_env_file=None))
N_USERS = 200


def users(contender, values, *, incumbent="1", chunk_id=5, movies=10, segment="warm"):
    empty = Backtest.nobody().per_user
    rows = [
        {
            "contender": contender,
            "user_id": f"u{number}",
            "segment": segment,
            "n_history": number,
            "ndcg_at_10": float(value),
            "recommended": [f"m{(number + k) % movies}" for k in range(10)],
            "chunk_id": chunk_id,
            "incumbent_version": incumbent,
        }
        for number, value in enumerate(values)
    ]
    return pl.concat([empty, pl.DataFrame(rows)], how="diagonal_relaxed") if rows else empty


def evidence(candidate=0.2, incumbent=0.2, popularity=0.1, **options):
    noise = np.random.default_rng(0).normal(0, 0.02, N_USERS)
    named = {"candidate": candidate, "incumbent": incumbent, "popularity": popularity}
    return pl.concat(users(name, value + noise, **options) for name, value in named.items())


def verdict(evidence, version="1", rules=RULES, *, must_improve=False):
    return decide(evidence, version, rules, must_improve=must_improve)


def test_the_same_model_on_more_data_is_promoted():
    assert verdict(evidence()).verdict == "promote"


def test_a_better_model_is_promoted_with_its_interval_in_the_reason():
    decision = verdict(evidence(candidate=0.22))
    assert decision.verdict == "promote"
    assert "+10.0%" in decision.reason
    assert decision.numbers["difference_low"] > 0


def test_a_worse_model_is_rejected():
    decision = verdict(evidence(candidate=0.19))
    assert decision.verdict == "reject"
    assert decision.reason.endswith("the model in production stays.")


def test_a_model_that_popularity_beats_is_rejected():
    decision = verdict(evidence(popularity=0.3))
    assert (decision.verdict, [c.name for c in decision.checks if not c.passed]) == ("reject", ["beats popularity"])


def test_a_model_that_shows_everyone_the_same_is_rejected():
    narrow = pl.concat(
        [
            users("candidate", [0.3] * N_USERS, movies=10),
            users("incumbent", [0.2] * N_USERS, movies=40),
            users("popularity", [0.1] * N_USERS),
        ]
    )
    assert [c.name for c in verdict(narrow).checks if not c.passed] == ["coverage"]


def test_a_model_that_is_bad_for_a_segment_is_rejected():
    warm, new = evidence(candidate=0.25), evidence(candidate=0.15, chunk_id=6, segment="new")
    decision = verdict(pl.concat([warm, new]))
    assert "segment new" in [c.name for c in decision.checks if not c.passed]
    assert "new users are" in decision.reason


def test_a_segment_of_a_few_users_says_nothing():
    few = RULES.model_copy(update={"segment_users": N_USERS + 1})
    warm, new = evidence(candidate=0.25), evidence(candidate=0.15, chunk_id=6, segment="new")
    assert "segment new" not in [c.name for c in verdict(pl.concat([warm, new]), rules=few).checks]


def test_after_a_rollback_it_has_to_be_better():
    assert verdict(evidence(candidate=0.2001), must_improve=False).verdict == "promote"
    noisy = pl.concat(
        [
            users("candidate", 0.2 + np.random.default_rng(1).normal(0, 0.05, N_USERS)),
            users("incumbent", [0.2] * N_USERS),
            users("popularity", [0.1] * N_USERS),
        ]
    )
    assert verdict(noisy, must_improve=True).verdict == "reject"
    assert verdict(evidence(candidate=0.22), must_improve=True).verdict == "promote"


def test_after_a_rollback_the_same_model_is_not_better():
    assert verdict(evidence(), must_improve=True).verdict == "reject"


def test_only_evidence_against_the_same_incumbent_is_compared():
    old = pl.concat(
        users(name, [value] * 50, incumbent="0", chunk_id=4)
        for name, value in {"candidate": 0.2, "incumbent": 0.4, "popularity": 0.1}.items()
    )
    assert verdict(pl.concat([evidence(), old])).verdict == "promote"


def test_the_first_model_is_promoted_whatever_popularity_does():
    first = pl.concat([users("candidate", [0.1], incumbent=None), users("popularity", [0.2], incumbent=None)])
    assert verdict(first, version=None).verdict == "promote"


def test_without_anybody_to_test_on_the_model_in_production_stays():
    decision = verdict(Backtest.nobody().per_user)
    assert decision.verdict == "reject"
    assert "nobody" in decision.reason.lower()


def test_with_the_gate_off_the_newest_wins():
    off = Rules.of(Settings(_env_file=None, gate="off"))
    assert verdict(evidence(candidate=0.01), rules=off).verdict == "promote"


@given(values=st.lists(st.floats(0.01, 1), min_size=2, max_size=30), shift=st.floats(-0.5, 0.5))
def test_the_interval_holds_the_mean_and_moves_with_it(values, shift):
    incumbent, candidate = users("incumbent", values), users("candidate", np.array(values) + shift)
    interval = relative_difference(candidate, incumbent, 0.95)
    assert interval.low <= interval.mean + 1e-9
    assert interval.mean <= interval.high + 1e-9
    assert interval.mean == pytest.approx(shift / np.mean(values), abs=1e-6)
