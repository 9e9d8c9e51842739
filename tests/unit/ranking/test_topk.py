"""The highest scores, in order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from matinee.ranking import top_k

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

    def test_of_nothing_allowed_is_empty(self) -> None:
        assert top_k(np.zeros(5, np.float32), 3, np.zeros(5, bool)).tolist() == []
