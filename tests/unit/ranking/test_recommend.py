"""The ranking function: what is left out, what comes first, and what news does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.unit.ranking.conftest import N_MOVIES, factor_model, histories, history, random_histories

from matinee.ranking import FactorScorer, History, ListRequest, RankingModel, recommend, recommend_many, similar

MANY = 4_000


class TestRecommend:
    def test_a_known_user_gets_what_was_learned(self) -> None:
        model = factor_model(history(0, 1), history(2))
        assert recommend(model, 1).policy == "learned"

    def test_an_unknown_user_without_history_gets_what_is_popular(self) -> None:
        ranking = recommend(factor_model(history(0)), None, k=3)
        assert (ranking.policy, ranking.items.tolist()) == ("popular", [0, 1, 2])

    def test_a_user_who_liked_nothing_gets_what_is_popular(self) -> None:
        ranking = recommend(factor_model(history(0, ratings=1.0)), 0, k=2)
        assert (ranking.policy, ranking.items.tolist()) == ("popular", [1, 2])

    def test_a_model_without_scorer_always_ranks_by_popularity(self) -> None:
        model = RankingModel(np.array([1, 3, 2], np.float32), histories(history(1)))
        assert recommend(model, 0, history(0)).policy == "popular"
        assert recommend(model, 0).items.tolist() == [2, 0]

    def test_news_is_folded_in_and_changes_the_list(self) -> None:
        model = factor_model(history(0, 1))
        ranking = recommend(model, 0, history(5, start=100), k=N_MOVIES)
        assert ranking.policy == "fold_in"
        assert 5 not in ranking.items
        assert ranking.items.tolist() != recommend(model, 0, k=N_MOVIES).items.tolist()

    def test_news_that_is_known_already_changes_nothing(self) -> None:
        model = factor_model(history(0, 1))
        ranking = recommend(model, 0, history(0, 1))
        assert ranking.policy == "learned"
        assert_array_equal(ranking.scores, recommend(model, 0).scores)

    @given(random_histories().filter(lambda user: bool((user.ratings >= 4).any())))
    def test_a_stranger_with_the_history_of_a_user_gets_the_list_of_that_user(self, user: History) -> None:
        model = factor_model(user)
        learned, folded_in = recommend(model, 0, k=N_MOVIES), recommend(model, None, user, k=N_MOVIES)
        assert (learned.policy, folded_in.policy) == ("learned", "fold_in")
        assert_array_equal(learned.items, folded_in.items)
        assert_allclose(learned.scores, folded_in.scores)

    @given(random_histories(), random_histories(), st.integers(1, 20))
    def test_never_shows_a_seen_movie_nor_one_twice_and_is_as_long_as_can_be(
        self, known: History, news: History, k: int
    ) -> None:
        items = recommend(factor_model(known), 0, news, k).items.tolist()
        seen = set(known.items.tolist()) | set(news.items.tolist())
        assert seen.isdisjoint(items)
        assert len(items) == len(set(items)) == min(k, N_MOVIES - len(seen))

    def test_seen_movies_appear_when_asked_for(self) -> None:
        items = recommend(factor_model(history(0, 1)), 0, k=N_MOVIES, exclude_seen=False).items
        assert sorted(items.tolist()) == list(range(N_MOVIES))

    def test_only_candidates_appear_and_the_mask_stays_as_it_is(self) -> None:
        candidates = np.isin(np.arange(N_MOVIES), [1, 3, 5])
        items = recommend(factor_model(history(3)), 0, candidates=candidates).items
        assert set(items.tolist()) == {1, 5}
        assert candidates[3]

    def test_a_user_who_has_seen_everything_gets_an_empty_list(self) -> None:
        assert recommend(factor_model(history(*range(N_MOVIES))), 0).items.tolist() == []


class TestRecommendMany:
    @settings(deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 40))
    def test_makes_the_very_lists_that_each_gets_alone(self, seed: int, n_asked: int, k: int) -> None:
        random = np.random.default_rng(seed)
        model = many_movies(random)
        news = [history(*random.choice(MANY, 5, replace=False)) for _ in range(n_asked)]
        some = random.random(MANY) < 0.3
        asked = [
            ListRequest(model.user(int(random.integers(3))), k),
            *(ListRequest(model.user(None, each), k) for each in news),
            ListRequest(k=k),
            ListRequest(model.user(1, history(7, start=100)), k, candidates=some, exclude_seen=False),
        ]
        for together, one in zip(recommend_many(model, asked), asked, strict=True):
            alone = recommend_many(model, [one])[0]
            assert together.policy == alone.policy
            assert_array_equal(together.items, alone.items)
            assert_array_equal(together.scores, alone.scores)

    @settings(deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 40))
    def test_ranks_by_the_score_of_each_movie_by_itself_and_equal_ones_by_row(self, seed: int, k: int) -> None:
        model = many_movies(np.random.default_rng(seed))
        assert isinstance(model.scorer, FactorScorer)
        exact = (model.scorer.item_factors * model.scorer.user_factors[1]).astype(float).sum(axis=1)
        exact[model.history(1).items] = -np.inf
        for ranking in recommend_many(model, [ListRequest(model.user(1), k)] * 5):
            assert_allclose(exact[ranking.items], np.sort(exact)[::-1][: len(ranking.items)], rtol=1e-5)
            falls_or_rises = np.diff(ranking.scores) < 0, np.diff(ranking.items) > 0
            assert np.logical_or(*falls_or_rises).all()

    def test_of_nothing_is_nothing(self) -> None:
        assert recommend_many(factor_model(history(0)), []) == []


def many_movies(random: np.random.Generator) -> RankingModel:
    """Movies each four times the same, so that equal scores are everywhere; most are too short to be looked at."""
    lengths = random.random((MANY // 4, 1)) ** random.choice([0, 1, 4])
    item_factors = np.tile(random.normal(size=(MANY // 4, 70)) * lengths, (4, 1)).astype(np.float32)
    users = [history(*random.choice(MANY, 600, replace=False)) for _ in range(3)]
    scorer = FactorScorer(
        item_factors, random.normal(size=(3, 70)).astype(np.float32), 5.0, 2.0, recency=3.0, positive_rating=4.0
    )
    return RankingModel(item_factors[:, 0], histories(*users), scorer)


def test_similar_movies_are_those_of_the_nearest_direction() -> None:
    model = factor_model(history(0))
    factors = model.scorer.item_factors
    factors[4] = 3 * factors[2]
    ranking = similar(model, 2, k=3)
    assert ranking.items[0] == 4
    assert ranking.scores[0] == pytest.approx(1)
    assert 2 not in ranking.items


def test_similar_movies_of_a_popularity_model_are_the_popular_ones() -> None:
    model = RankingModel(np.array([1, 3, 2], np.float32), histories(history(0)))
    assert similar(model, 1, k=5).items.tolist() == [2, 0]
