"""Histories and their merging, and how ratings lose weight."""

import numpy as np
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from tests.unit.ranking.conftest import history, random_histories

from matinee.ranking import History, recency_weights


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

    @given(random_histories(), random_histories())
    def test_the_newest_word_on_each_movie_is_in_a_merge(self, known: History, news: History) -> None:
        said: dict[int, tuple[float, int]] = {}
        for each in (known, news):
            for movie, stars, moment in zip(each.items.tolist(), each.ratings, each.rated_at, strict=True):
                if movie not in said or said[movie][1] <= moment:
                    said[movie] = (stars, moment)
        merged = known.with_news(news)
        found = dict(zip(merged.items.tolist(), merged.ratings, strict=True))
        assert found == {movie: stars for movie, (stars, _) in said.items()}
        in_order = list(zip(merged.rated_at.tolist(), merged.items.tolist(), strict=True))
        assert in_order == sorted(in_order)

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
