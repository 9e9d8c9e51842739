"""Histories and models of known make."""

import numpy as np
from hypothesis import strategies as st

from matinee.ranking import FactorScorer, Histories, History, RankingModel

N_MOVIES = 12


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
