"""A blend is the weighted sum of its parts, each standardized."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from matinee.models.als import ALS
from matinee.models.blend import Blend, Common, Part, Recent, blended
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import Fitted, Incumbent, fit, starts_warm
from matinee.ranking import (
    BlendScorer,
    Component,
    Histories,
    History,
    ItemItemScorer,
    PopularityScorer,
    RankingModel,
    UserRef,
    recommend,
    similar,
)
from matinee.ranking.rows import DenseRows


def standardized(scores: np.ndarray) -> np.ndarray:
    return (scores - scores.mean()) / scores.std()


def blend_of(interactions: Interactions, *parts: Part) -> RankingModel:
    return blended(parts, interactions).complete(interactions).ranking_model()


def scores_of(model: RankingModel, user: UserRef) -> np.ndarray:
    return model.scorer.score(user).scores


def test_scores_are_the_weighted_sum_of_standardized_scores_and_popularity(interactions: Interactions) -> None:
    parts = [Part(2.0, ALS(factors=4)), Part(1.0, EASE()), Part(-0.5, Popular(half_life_days=7))]
    model = blend_of(interactions, *parts)
    history = interactions.histories.of(3)
    als, ease, popular = (fit(algorithm, interactions).ranking_model() for _, algorithm, _ in parts)
    expected = (
        2 * standardized(scores_of(als, UserRef(history)))
        + standardized(scores_of(ease, UserRef(history)))
        - 0.5 * popular.popularity
    )
    assert_allclose(scores_of(model, UserRef(history)), expected, rtol=1e-4, atol=1e-5)


def test_a_part_that_has_faded_away_is_not_even_asked(interactions: Interactions) -> None:
    never, known = Part(2.0, ALS(factors=4), fresh_days=0.001), interactions.histories.of(3)
    fading, without = blend_of(interactions, Part(1.0, EASE()), never), blend_of(interactions, Part(1.0, EASE()))
    assert_array_equal(scores_of(fading, UserRef(known)), scores_of(without, UserRef(known)))


def test_scores_that_are_all_alike_change_no_order() -> None:
    different, alike = np.array([1, 3, 2], np.float32), np.full(3, 7, np.float32)
    histories = Histories(np.array([0, 1]), np.array([0], np.int32), np.array([5], np.float32), np.array([0]))
    likes = np.eye(3, dtype=np.float32)[[1, 2, 0]]
    rows = np.arange(3, dtype=np.int32)
    item_item = ItemItemScorer(DenseRows(likes), rows, np.inf, 4.0)
    flat = replace(item_item, rows=DenseRows(np.full((3, 3), 7, np.float32)))
    popularity = [Component(0.1, PopularityScorer(different)), Component(5.0, PopularityScorer(alike))]
    blend = BlendScorer([Component(1.0, item_item), *popularity, Component(9.0, flat)], data_through=0)
    assert np.argsort(-blend.score(UserRef(histories.of(0))).scores).tolist() == [1, 2, 0]


@pytest.mark.parametrize("days", [0, 1, 30])
def test_a_part_that_fades_counts_less_the_longer_a_user_was_away(interactions: Interactions, days: int) -> None:
    later = replace(interactions, data_through=interactions.data_through + timedelta(days=days))
    fading = blend_of(later, Part(1.0, EASE()), Part(2.0, ALS(factors=4), fresh_days=3))
    known = later.histories.of(3)
    away_days = later.data_through.timestamp() / 86_400 - known.rated_at[-1] / 86_400
    constant = blend_of(later, Part(1.0, EASE()), Part(2.0 * np.exp(-away_days / 3), ALS(factors=4)))
    assert_allclose(scores_of(fading, fading.user(3)), scores_of(constant, constant.user(3)), rtol=1e-3, atol=1e-4)
    assert_allclose(scores_of(fading, UserRef(known)), scores_of(constant, UserRef(known)), rtol=1e-3, atol=1e-4)


def test_a_history_that_goes_on_after_the_training_data_is_fresh(interactions: Interactions) -> None:
    fading, constant = (
        blend_of(interactions, Part(1.0, EASE()), Part(2.0, ALS(factors=4), fresh_days)) for fresh_days in (0.1, np.inf)
    )
    known = interactions.histories.of(3)
    end = int(interactions.data_through.timestamp())
    fresh = History(known.items, known.ratings, np.sort(end + known.rated_at - known.rated_at.min()))
    assert_allclose(scores_of(fading, UserRef(fresh)), scores_of(constant, UserRef(fresh)), rtol=1e-5)


def test_a_history_grows_old_under_a_model_that_is_not_replaced(interactions: Interactions) -> None:
    parts = [Part(1.0, EASE()), Part(2.0, ALS(factors=4), fresh_days=30)]
    through = interactions.data_through + timedelta(days=10)
    stale, fresh = blend_of(interactions, *parts), blend_of(replace(interactions, data_through=through), *parts)
    now = through.timestamp()
    assert_allclose(scores_of(stale, stale.user(3, now=now)), scores_of(fresh, fresh.user(3)), rtol=1e-4, atol=1e-5)
    assert np.abs(scores_of(stale, stale.user(3)) - scores_of(fresh, fresh.user(3))).max() > 0.1


def test_similar_movies_are_found_without_popularity(interactions: Interactions) -> None:
    with_it, without = (blend_of(interactions, Part(1.0, EASE()), *others) for others in ([Part(9.0, Popular())], []))
    assert_array_equal(similar(with_it, 2).items, similar(without, 2).items)


def test_popularity_alone_is_not_personal(interactions: Interactions) -> None:
    model = blend_of(interactions, Part(1.0, Popular()))
    assert recommend(model, 0).policy == "popular"
    assert recommend(model, None, History.empty()).policy == "popular"


def test_a_component_of_weight_zero_is_not_fitted(interactions: Interactions) -> None:
    fitted = Blend(als=0, ease=0, next_item=1, recent=0, common=0).fit(interactions)
    assert {name.split(".")[1] for name in fitted.arrays} == {"item_item"}
    assert [name for name in fitted.parameters if name.count(".") == 1] == ["0.item_item"]


def test_a_blend_of_before_there_was_freshness_never_fades(interactions: Interactions) -> None:
    now = Blend(fresh_days=np.inf).fit(interactions).complete(interactions)
    older = {name: value for name, value in now.parameters.items() if "fresh_days" not in name}
    del older["data_through"]
    model = RankingModel.from_arrays("blend", now.arrays, older)
    assert_array_equal(recommend(model, 3).items, recommend(now.ranking_model(), 3).items)


def test_recent_popularity_is_a_share_of_the_most_popular_movies(interactions: Interactions) -> None:
    recent = Recent(half_life_days=100, n_likes=1).fit(interactions).arrays["popularity"]
    faded = Popular(half_life_days=100).fit(interactions).arrays["popularity"]
    assert_allclose(recent, faded / faded.max(), rtol=1e-6)


def test_recent_popularity_fades_more_slowly_where_a_week_holds_few_likes(interactions: Interactions) -> None:
    ages = np.sort(interactions.age_days_of(interactions.histories.rated_at[interactions.liked]))
    recent = Recent(half_life_days=1, n_likes=20).fit(interactions).arrays["popularity"]
    faded = Popular(half_life_days=ages[19]).fit(interactions).arrays["popularity"]
    assert_allclose(recent, faded / faded.max(), rtol=1e-6)
    assert interactions.days_that_hold(10**6) == ages[-1]


def test_a_movie_that_nobody_liked_is_as_common_as_the_most_popular(interactions: Interactions) -> None:
    ratings = np.where(interactions.histories.items == 2, 1, interactions.histories.ratings).astype(np.float32)
    unliked = replace(interactions, histories=replace(interactions.histories, ratings=ratings))
    common = Common(rare=5).fit(unliked).arrays["popularity"]
    assert common[2] == common.max()
    assert_allclose(common.min(), np.log(max(5, np.unique(unliked.popularity())[1])), rtol=1e-6)


def test_only_a_blend_with_als_asks_for_an_incumbent() -> None:
    assert not starts_warm(Blend())
    assert starts_warm(Blend(als=1.0))
    assert starts_warm(ALS())
    assert not starts_warm(Popular())


class Own(Popular):
    """An algorithm of somebody's own that says nothing more than how it goes on."""

    def fit_from(self, interactions: Interactions, incumbent: Incumbent) -> Fitted:
        """See `WarmStarting.fit_from`."""
        return incumbent.model and self.fit(interactions)


def test_an_own_algorithm_with_fit_from_starts_warm_without_saying_so() -> None:
    assert starts_warm(Own())
