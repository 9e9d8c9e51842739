"""Item-item weights of one byte say what those of four bytes say."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from matinee.ranking import Histories, RankingModel, recommend
from matinee.ranking.quantized import inflated, quantized

N = 40


def weights(seed: int, n_columns: int = N) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(N, n_columns)).astype(np.float32)


def model(arrays: dict[str, np.ndarray]) -> RankingModel:
    histories = Histories(
        np.array([0, 3]), np.array([1, 5, 7], np.int32), np.full(3, 5, np.float32), np.array([1, 2, 3])
    )
    common = {
        "popularity": np.ones(N, np.float32),
        "history_offsets": histories.offsets,
        "history_items": histories.items,
        "history_ratings": histories.ratings,
        "history_rated_at": histories.rated_at,
    }
    return RankingModel.from_arrays("item_item", {**common, **arrays}, {"recency": np.inf, "positive_rating": 4.0})


def sparse() -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    columns = np.stack([np.sort(random.permutation(N)[:8]) for _ in range(N)]).astype(np.int32)
    return {"weights": weights(2, 8), "neighbours": columns}


@pytest.mark.parametrize("arrays", [{"weights": weights(1)}, sparse()], ids=["whole rows", "strongest weights"])
def test_lists_and_reasons_are_those_of_the_weights_as_they_were_fitted(arrays):
    exact, small = model(arrays), model(quantized(arrays))
    for_exact, for_small = (recommend(each, 0, k=10, reasons=True) for each in (exact, small))
    assert len(set(for_exact.items.tolist()) & set(for_small.items.tolist())) >= 9
    scored = [each.scorer.score(each.user(0)) for each in (exact, small)]
    tolerance = 3 * max(np.abs(arrays["weights"]).max(axis=1)) / 127 / 2
    assert_allclose(scored[0].scores, scored[1].scores, atol=tolerance)
    rows = np.arange(N)
    assert_allclose(scored[0].explain(rows), scored[1].explain(rows), atol=tolerance)
    assert_allclose(scored[1].explain(rows).sum(axis=0), scored[1].scores, atol=1e-5)


def test_each_part_of_a_blend_has_its_own_scales():
    small = quantized({"0.item_item.weights": weights(1), "1.item_item.weights": 5 * weights(1)})
    assert_allclose(5 * small["0.item_item.scales"], small["1.item_item.scales"], rtol=1e-6)


def test_a_movie_without_weights_stays_without():
    small = quantized({"weights": np.zeros((3, 5), np.float32)})
    assert (inflated(small["deflated"], (3, 5)) == 0).all()
    assert np.isfinite(small["scales"]).all()


def test_other_arrays_stay_as_they_are():
    factors = np.ones((2, 3), np.float32)
    assert quantized({"item_factors": factors})["item_factors"] is factors


@pytest.mark.parametrize("shape", [(3, 4), (3, 6), (2, 5)])
def test_deflated_weights_of_another_shape_are_refused(shape):
    small = quantized({"weights": np.ones((3, 5), np.float32)})
    with pytest.raises(ValueError, match="deflated weights are not"):
        inflated(small["deflated"], shape)


def test_deflated_weights_that_are_damaged_are_refused():
    small = quantized({"weights": np.ones((3, 5), np.float32)})
    with pytest.raises(ValueError, match="deflated weights"):
        inflated(small["deflated"][:-3], (3, 5))
    with pytest.raises(ValueError, match="cannot be read"):
        inflated(small["deflated"][::-1], (3, 5))
