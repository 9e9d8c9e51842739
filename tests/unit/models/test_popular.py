"""Popularity of all time, of a window, and fading."""

import numpy as np
from numpy.testing import assert_allclose

from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import fit


def naive(interactions: Interactions, half_life_days: float, window_days: float) -> list[float]:
    counts = [0.0] * interactions.n_movies
    for user in range(interactions.n_users):
        history = interactions.histories.of(user)
        for item, rating, moment in zip(history.items, history.ratings, history.rated_at, strict=True):
            age_days = (interactions.data_through.timestamp() - moment) / 86_400
            if rating >= 4 and age_days <= window_days:
                counts[item] += 0.5 ** (age_days / half_life_days)
    return counts


def test_all_time_popularity_counts_who_liked_a_movie(interactions: Interactions) -> None:
    popularity = fit(Popular(), interactions).ranking_model().popularity
    assert popularity.tolist() == naive(interactions, np.inf, np.inf)


def test_a_rating_counts_half_after_the_half_life(interactions: Interactions) -> None:
    popularity = fit(Popular(half_life_days=3), interactions).ranking_model().popularity
    assert_allclose(popularity, naive(interactions, 3, np.inf), rtol=1e-4)


def test_a_rating_older_than_the_window_orders_only_movies_without_newer_ones(interactions: Interactions) -> None:
    windowed = fit(Popular(window_days=27), interactions).ranking_model().popularity
    assert_allclose(windowed, naive(interactions, np.inf, 27), atol=1e-3)
    ancient = fit(Popular(window_days=1), interactions).ranking_model().popularity
    of_all_time = fit(Popular(), interactions).ranking_model().popularity
    assert np.argsort(-ancient, kind="stable").tolist() == np.argsort(-of_all_time, kind="stable").tolist()
