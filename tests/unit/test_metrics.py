import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.metrics import debiased_ndcg_at_k, gini, hit_rate_at_k, mrr_at_k, ndcg_at_k, recall_at_k


def debiased(ranked, truth, k):
    return debiased_ndcg_at_k(ranked, truth, k, {movie: movie**2 for movie in range(31)})


METRICS = [ndcg_at_k, recall_at_k, hit_rate_at_k, mrr_at_k, debiased]
movies = st.integers(0, 30)
ranked_lists = st.lists(movies, unique=True)
truths = st.sets(movies, min_size=1)
lengths = st.integers(1, 20)


def test_ndcg_is_the_textbook_value():
    # Hits at ranks 1 and 3 of three relevant movies: (1 + 1/2) / (1 + 1/log2(3) + 1/2).
    assert ndcg_at_k([7, 1, 8, 2], {7, 8, 9}, 4) == pytest.approx(1.5 / (1.5 + 1 / math.log2(3)))


def test_recall_divides_by_what_the_list_could_hold():
    assert recall_at_k([1, 2, 3], {1, 2, 3, 4, 5}, 2) == 1
    assert recall_at_k([1, 9, 8], {1, 2}, 3) == 0.5


@pytest.mark.parametrize("metric", METRICS)
@given(ranked=ranked_lists, truth=truths, k=lengths)
def test_a_metric_lies_between_zero_and_one(metric, ranked, truth, k):
    assert 0 <= metric(ranked, truth, k) <= 1 + 1e-12


@pytest.mark.parametrize("metric", METRICS)
@given(truth=truths, k=lengths)
def test_an_oracle_reaches_one(metric, truth, k):
    assert metric(sorted(truth), truth, k) == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS)
@given(ranked=ranked_lists, truth=truths, k=lengths)
def test_nothing_behind_rank_k_counts(metric, ranked, truth, k):
    assert metric(ranked, truth, k) == metric(ranked[:k], truth, k)


@given(truth=truths, k=lengths, rank=st.integers(0, 19))
def test_an_earlier_hit_never_scores_less(truth, k, rank):
    misses = list(range(100, 120))
    hit = min(truth)
    later = ndcg_at_k([*misses[: rank + 1], hit], truth, k)
    assert ndcg_at_k([*misses[:rank], hit], truth, k) >= later


def test_the_reciprocal_rank_is_that_of_the_first_hit():
    assert mrr_at_k([9, 8, 1, 2], {1, 2}, 4) == pytest.approx(1 / 3)
    assert mrr_at_k([9, 8, 1], {1}, 2) == 0


def test_debiased_ndcg_rewards_the_hit_that_popularity_would_miss():
    popularity = {1: 1000, 2: 0}
    assert debiased_ndcg_at_k([2, 9], {1, 2}, 2, popularity) > debiased_ndcg_at_k([1, 9], {1, 2}, 2, popularity)


def test_debiased_ndcg_without_popularity_is_ndcg():
    assert debiased_ndcg_at_k([3, 1, 2], {1, 4}, 3, {}) == pytest.approx(ndcg_at_k([3, 1, 2], {1, 4}, 3))


def test_gini_is_zero_when_all_are_shown_alike_and_near_one_when_one_is():
    assert gini(np.full(100, 3)) == pytest.approx(0)
    assert gini(np.eye(1, 100, dtype=np.int64)[0]) == pytest.approx(0.99)
    assert gini(np.zeros(5, np.int64)) == 0
