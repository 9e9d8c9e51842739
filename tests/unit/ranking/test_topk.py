"""The highest scores, in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matinee.ranking import top_k
from matinee.ranking.topk import MANY

scores = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=1, max_size=30).map(
    lambda values: np.array(values, np.float32)
)


class TestTopK:
    @given(scores, st.integers(0, 40), st.randoms())
    def test_is_a_full_stable_sort_cut_at_k(self, scores: NDArray[np.float32], k: int, random: st.DrawFn) -> None:
        allowed = np.array([random.random() < 0.7 for _ in scores])
        expected = [row for row in sorted(range(len(scores)), key=lambda row: (-scores[row], row)) if allowed[row]]
        assert top_k(scores, k, allowed).tolist() == expected[:k]

    def test_orders_equal_scores_by_row(self) -> None:
        assert top_k(np.zeros(5, np.float32), 3, np.ones(5, bool)).tolist() == [0, 1, 2]

    @given(st.integers(MANY, 3 * MANY), st.integers(0, 10**6), st.sampled_from(["few different", "all kinds"]))
    def test_of_many_is_a_full_stable_sort_too(self, n: int, seed: int, kind: str) -> None:
        random = np.random.default_rng(seed)
        values = random.normal(size=n) * 10.0 ** random.integers(-42, 38, n)
        if kind == "few different":
            values = random.choice([-1.0, -0.0, 0.0, 1e-45, 2.0, 3e38], n)
        scores = values.astype(np.float32)
        assert top_k(scores, n, np.ones(n, bool)).tolist() == np.argsort(-scores, kind="stable").tolist()

    def test_of_nothing_allowed_is_empty(self) -> None:
        assert top_k(np.zeros(5, np.float32), 3, np.zeros(5, bool)).tolist() == []
