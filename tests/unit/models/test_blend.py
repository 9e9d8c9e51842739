"""A blend is the weighted sum of its parts, each standardized."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from matinee.models.als import ALS
from matinee.models.base import Interactions, fit
from matinee.models.blend import Blend, blended
from matinee.models.ease import EASE
from matinee.models.popular import Popular
from matinee.ranking import (
    BlendScorer,
    Histories,
    History,
    ItemItemScorer,
    PopularityScorer,
    RankingModel,
    recommend,
    similar,
)


def standardized(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean()) / scores.std()


def blend_of(interactions: Interactions, *components: tuple[float, ALS | EASE | Popular]) -> RankingModel:
    return blended(components, interactions).complete(interactions).ranking_model()


def test_scores_are_the_weighted_sum_of_standardized_scores(interactions: Interactions) -> None:
    parts = [(2.0, ALS(factors=4)), (1.0, EASE()), (-0.5, Popular(half_life_days=7))]
    model = blend_of(interactions, *parts)
    history = interactions.histories.of(3)
    als, ease, popular = (fit(algorithm, interactions).ranking_model() for _, algorithm in parts)
    expected = (
        2 * standardized(als.scorer.fold_in(history))
        + standardized(ease.scorer.fold_in(history))
        - 0.5 * standardized(popular.popularity)
    )
    assert_allclose(model.scorer.fold_in(history), expected, rtol=1e-4, atol=1e-5)


def test_scores_that_are_all_alike_change_no_order() -> None:
    different, alike = np.array([1, 3, 2], np.float32), np.full(3, 7, np.float32)
    histories = Histories(np.array([0, 1]), np.array([0], np.int32), np.array([5], np.float32), np.array([0]))
    likes = np.eye(3, dtype=np.float32)[[1, 2, 0]]
    item_item = ItemItemScorer(np.tile(np.arange(3, dtype=np.int32), (3, 1)), likes, histories, np.inf, 4.0)
    blend = BlendScorer([(1.0, item_item), (0.1, PopularityScorer(different)), (5.0, PopularityScorer(alike))])
    assert np.argsort(-blend.learned(0)).tolist() == [1, 2, 0]


def test_similar_movies_are_found_without_popularity(interactions: Interactions) -> None:
    with_it, without = blend_of(interactions, (1.0, EASE()), (9.0, Popular())), blend_of(interactions, (1.0, EASE()))
    assert_array_equal(similar(with_it, 2).items, similar(without, 2).items)


def test_popularity_alone_is_not_personal(interactions: Interactions) -> None:
    model = blend_of(interactions, (1.0, Popular()))
    assert recommend(model, 0).policy == "popular"
    assert recommend(model, None, History.empty()).policy == "popular"


def test_a_component_of_weight_zero_is_not_fitted(interactions: Interactions) -> None:
    fitted = Blend(als=0, ease=0, next_item=1, recent=0, common=0).fit(interactions)
    assert {name.split(".")[1] for name in fitted.arrays} == {"item_item"}
    assert [name for name in fitted.parameters if name.count(".") == 1] == ["0.item_item"]
