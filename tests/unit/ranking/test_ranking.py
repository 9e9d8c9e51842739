"""The ranking function: what is left out, what comes first, and what news does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from matinee.ranking import (
    Asked,
    FactorScorer,
    Histories,
    History,
    RankingModel,
    recency_weights,
    recommend,
    recommend_many,
    similar,
    top_k,
)

N_MOVIES = 12
MANY = 4_000


def history(*items: int, ratings: float = 5.0, start: int = 0) -> History:
    return History(
        np.array(items, np.int32),
        np.full(len(items), ratings, np.float32),
        np.arange(len(items), dtype=np.int64) + start,
    )


def histories(*users: History) -> Histories:
    return Histories(
        offsets=np.cumsum([0, *map(len, users)]).astype(np.int64),
        items=np.concatenate([user.items for user in users]),
        ratings=np.concatenate([user.ratings for user in users]),
        rated_at=np.concatenate([user.rated_at for user in users]),
    )


def factor_model(*users: History, seed: int = 0, recency: float = 3.0) -> RankingModel:
    """A model of random item factors, its user factors folded in from the users' histories."""
    random = np.random.default_rng(seed)
    scorer = FactorScorer(
        item_factors=random.normal(size=(N_MOVIES, 4)).astype(np.float32),
        user_factors=np.zeros((len(users), 4), np.float32),
        alpha=5.0,
        regularization=2.0,
        recency=recency,
        positive_rating=4.0,
    )
    for user_factor, user in zip(scorer.user_factors, users, strict=True):
        folded_in = scorer.user_factor(user)
        user_factor[:] = 0 if folded_in is None else folded_in
    popularity = np.arange(N_MOVIES, 0, -1).astype(np.float32)
    return RankingModel(popularity, histories(*users), scorer)


@st.composite
def random_histories(draw: st.DrawFn) -> History:
    items = draw(st.lists(st.integers(0, N_MOVIES - 1), unique=True, max_size=N_MOVIES))
    ratings = draw(st.lists(st.sampled_from([1.0, 3.0, 4.0, 5.0]), min_size=len(items), max_size=len(items)))
    times = draw(st.lists(st.integers(0, 5), min_size=len(items), max_size=len(items)))
    order = np.lexsort((items, times))
    return History(
        np.array(items, np.int32)[order], np.array(ratings, np.float32)[order], np.array(times, np.int64)[order]
    )


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
    @given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 40))
    def test_makes_the_very_lists_that_each_gets_alone(self, seed: int, n_asked: int, k: int) -> None:
        random = np.random.default_rng(seed)
        model = many_movies(random)
        asked = [
            Asked(int(random.integers(3)), None, k),
            *(Asked(None, history(*random.choice(MANY, 5, replace=False)), k) for _ in range(n_asked)),
            Asked(None, None, k),
            Asked(1, history(7, start=100), k, candidates=random.random(MANY) < 0.3, exclude_seen=False),
        ]
        for together, one in zip(recommend_many(model, asked), asked, strict=True):
            alone = recommend_many(model, [one])[0]
            assert together.policy == alone.policy
            assert_array_equal(together.items, alone.items)
            assert_array_equal(together.scores, alone.scores)

    @given(st.integers(0, 2**32 - 1), st.integers(1, 40))
    def test_ranks_by_the_score_of_each_movie_by_itself_and_equal_ones_by_row(self, seed: int, k: int) -> None:
        model = many_movies(np.random.default_rng(seed))
        assert isinstance(model.scorer, FactorScorer)
        exact = (model.scorer.item_factors * model.scorer.user_factors[1]).astype(float).sum(axis=1)
        exact[model.history(1).items] = -np.inf
        for ranking in recommend_many(model, [Asked(1, k=k)] * 5):
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


class TestHistory:
    def test_the_newer_of_two_ratings_of_a_movie_counts(self) -> None:
        known, news = history(7, 8, ratings=5.0), history(7, ratings=1.0, start=100)
        merged = known.with_news(news)
        assert (merged.items.tolist(), merged.ratings.tolist()) == ([8, 7], [5.0, 1.0])

    def test_of_two_ratings_at_one_moment_the_news_count(self) -> None:
        merged = history(7, ratings=5.0).with_news(history(7, ratings=2.0))
        assert merged.ratings.tolist() == [2.0]

    def test_old_news_does_not_replace_what_came_later(self) -> None:
        known = history(7, ratings=5.0, start=100)
        assert known.with_news(history(7, ratings=1.0)) is known

    @given(random_histories(), random_histories())
    def test_a_merge_is_in_order_of_time_with_each_movie_once(self, known: History, news: History) -> None:
        merged = known.with_news(news)
        assert set(merged.items.tolist()) == set(known.items.tolist()) | set(news.items.tolist())
        assert len(set(merged.items.tolist())) == len(merged)
        assert (np.diff(merged.rated_at) >= 0).all()

    @given(random_histories())
    def test_a_merge_with_itself_is_itself(self, known: History) -> None:
        assert known.with_news(known) is known


class TestRecencyWeights:
    def test_fall_with_the_number_of_newer_ratings(self) -> None:
        assert_allclose(recency_weights(np.array([10, 20, 30]), 2.0), np.exp([-1.0, -0.5, 0.0]))

    def test_are_shared_within_a_moment(self) -> None:
        assert_allclose(recency_weights(np.array([10, 20, 20, 30]), 1.0), np.exp([-3.0, -1.0, -1.0, 0.0]))

    def test_are_one_without_recency_or_without_times(self) -> None:
        assert_array_equal(recency_weights(np.array([1, 2, 3]), np.inf), np.ones(3))
        assert_array_equal(recency_weights(np.zeros(3, np.int64), 2.0), np.ones(3))


@given(random_histories().filter(lambda user: bool((user.ratings >= 4).any())), st.sampled_from([1.0, 20.0, np.inf]))
def test_fold_in_solves_the_weighted_least_squares_problem(user: History, recency: float) -> None:
    scorer = factor_model(user, recency=recency).scorer
    confidence, preference = np.ones(N_MOVIES), np.zeros(N_MOVIES)
    liked = user.items[user.ratings >= 4]
    newer = [(user.rated_at[user.ratings >= 4] > moment).sum() for moment in user.rated_at[user.ratings >= 4]]
    confidence[liked], preference[liked] = 5 * np.exp(-np.array(newer) / recency), 1
    factors = scorer.item_factors.astype(np.float64)
    normal = factors.T @ np.diag(confidence) @ factors + 2 * np.eye(4)
    expected = np.linalg.solve(normal, factors.T @ (confidence * preference))
    assert_allclose(scorer.user_factor(user), expected, rtol=1e-4, atol=1e-5)


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


ITEM_ITEM = {"neighbours": np.zeros((3, 2), np.int32), "weights": np.ones((3, 2), np.float32)}
PARAMETERS = {"recency": 10.0, "positive_rating": 4.0}


class TestFromArrays:
    """Each kind refuses what it cannot score with; `models.artifact` turns that into a refusal of the artifact."""

    def model(self, kind: str, arrays: dict[str, NDArray[np.generic]], parameters: dict[str, float]) -> RankingModel:
        known = histories(history(0), history(1))
        common = {
            "popularity": np.ones(3, np.float32),
            "history_offsets": known.offsets,
            "history_items": known.items,
            "history_ratings": known.ratings,
            "history_rated_at": known.rated_at,
        }
        return RankingModel.from_arrays(kind, {**common, **arrays}, parameters)

    def blend(self, arrays: dict[str, NDArray[np.generic]], **parameters: float) -> RankingModel:
        named = {f"0.item_item.{name}": array for name, array in arrays.items()}
        return self.model("blend", named, {"0.item_item": 1.0, "positive_rating": 4.0, **parameters})

    def test_item_item_weights_are_read(self) -> None:
        assert recommend(self.model("item_item", ITEM_ITEM, PARAMETERS), 0).policy == "learned"

    @pytest.mark.parametrize(
        "change",
        [
            {"neighbours": np.full((3, 2), 3, np.int32)},
            {"neighbours": np.full((3, 2), -1, np.int32)},
            {"neighbours": np.zeros((3, 1), np.int32)},
            {"weights": np.ones((2, 2), np.float32)},
        ],
        ids=["beyond the catalogue", "below the catalogue", "fewer than weights", "of another catalogue"],
    )
    def test_item_item_weights_that_fit_nothing_are_refused(self, change: dict[str, NDArray[np.generic]]) -> None:
        with pytest.raises(ValueError, match=r"neighbours|weights"):
            self.model("item_item", ITEM_ITEM | change, PARAMETERS)
        with pytest.raises(ValueError, match=r"neighbours|weights"):
            self.blend(ITEM_ITEM | change, **{"0.item_item.recency": 10.0})

    def test_a_blend_reads_its_components_by_their_names(self) -> None:
        assert recommend(self.blend(ITEM_ITEM, **{"0.item_item.recency": 10.0}), 0).policy == "learned"

    def test_a_blend_without_a_components_parameter_is_refused(self) -> None:
        with pytest.raises(KeyError, match="recency"):
            self.blend(ITEM_ITEM)

    @pytest.mark.parametrize("fresh_days", [0.0, -1.0, float("nan")])
    def test_a_blend_that_fades_in_no_time_is_refused(self, fresh_days: float) -> None:
        with pytest.raises(ValueError, match="fresh_days"):
            self.blend(ITEM_ITEM, **{"0.item_item.recency": 10.0, "0.item_item.fresh_days": fresh_days})

    def test_a_blend_of_an_unknown_kind_is_refused(self) -> None:
        with pytest.raises(ValueError, match="oracle"):
            self.model("blend", {}, {"0.oracle": 1.0, "positive_rating": 4.0})
