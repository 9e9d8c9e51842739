"""What each rated movie adds to the scores sums up to the scores, for every kind of model."""

from math import inf

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tests.unit.models.conftest import random_interactions

from matinee.models.als import ALS
from matinee.models.blend import Blend
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.item_knn import ItemKNN
from matinee.models.next_item import NextItem
from matinee.models.popular import Popular
from matinee.models.recommender import Recommender, fit
from matinee.ranking import History, RankingModel, UserRef, recommend

EXPLAINING = [
    ALS(factors=4, recency=2.0),
    ALS(factors=4, recency=inf),
    EASE(),
    ItemKNN(),
    NextItem(),
    Blend(als=1, ease=1, next_item=1, recent=0, common=0),
]


def model_of(algorithm: Recommender, interactions: Interactions) -> RankingModel:
    return fit(algorithm, interactions).ranking_model()


@pytest.mark.parametrize("algorithm", EXPLAINING, ids=lambda algorithm: type(algorithm).__name__)
def test_contributions_sum_up_to_the_scores_but_for_a_constant(algorithm, interactions: Interactions) -> None:
    scorer = model_of(algorithm, interactions).scorer
    items = np.array([5, 0, 3])
    for user_index in range(interactions.n_users):
        history = interactions.histories.of(user_index)
        for user, tolerance in ((UserRef(history), 1e-4), (UserRef(history, user_index), 1e-3)):
            scored = scorer.score(user)
            if scored is None:
                assert not (history.ratings >= 4).any()
                continue
            added = scored.explain(items)
            assert added.shape == (len(history), 3)
            missing = scored.scores[items] - added.sum(axis=0)
            assert_allclose(missing, missing[0], atol=tolerance)


@pytest.mark.parametrize("algorithm", EXPLAINING, ids=lambda algorithm: type(algorithm).__name__)
def test_a_movie_that_was_not_liked_adds_nothing(algorithm, interactions: Interactions) -> None:
    scorer = model_of(algorithm, interactions).scorer
    for user_index in range(interactions.n_users):
        history = interactions.histories.of(user_index)
        scored = scorer.score(UserRef(history))
        if scored is not None:
            assert not scored.explain(np.arange(interactions.n_movies))[history.ratings < 4].any()


@pytest.mark.parametrize("algorithm", EXPLAINING, ids=lambda algorithm: type(algorithm).__name__)
def test_the_reason_is_the_movie_without_which_the_score_would_fall_most(algorithm, interactions: Interactions) -> None:
    model = model_of(algorithm, interactions)
    news = History(np.array([1, 4], np.int32), np.array([5, 5], np.float32), np.array([100, 200]))
    ranking = recommend(model, None, news)
    added = model.scorer.score(UserRef(news)).explain(ranking.items)
    for column, reason in enumerate(recommend(model, None, news, reasons=True).reasons):
        strongest = added[:, column].max()
        if reason is None:
            assert strongest <= 0
        else:
            assert reason.item == news.items[added[:, column].argmax()]
            assert reason.contribution == strongest > 0


def test_popularity_has_no_reasons(interactions: Interactions) -> None:
    for algorithm in (Popular(), Blend(als=0, ease=0, next_item=0, recent=1, common=-1)):
        model = model_of(algorithm, interactions)
        ranking = recommend(model, 0, reasons=True)
        assert ranking.reasons == [None] * len(ranking.items)


def test_an_empty_list_has_no_reasons(interactions: Interactions) -> None:
    model = model_of(EASE(), interactions)
    ranking = recommend(model, 0, candidates=np.zeros(interactions.n_movies, bool), reasons=True)
    assert ranking.reasons == []


def test_reasons_are_given_only_when_they_are_asked_for(interactions: Interactions) -> None:
    assert recommend(model_of(EASE(), interactions), 0).reasons is None


def test_a_movie_that_is_listed_again_is_no_reason_for_itself(interactions: Interactions) -> None:
    model = model_of(EASE(), interactions)
    news = History(np.array([1, 4], np.int32), np.array([5, 5], np.float32), np.array([100, 200]))
    ranking = recommend(model, None, news, exclude_seen=False, reasons=True)
    assert {1, 4} <= set(ranking.items.tolist())
    named = [(row, reason.item) for row, reason in zip(ranking.items.tolist(), ranking.reasons, strict=True) if reason]
    assert named
    assert all(row != reason for row, reason in named)


def test_the_reason_of_factors_is_nearly_the_rating_without_which_the_score_falls_most() -> None:
    """What really happens without a rating takes a fold-in each; the reason is found without any."""
    interactions = random_interactions(n_users=60, n_movies=40, seed=1)
    model = model_of(ALS(factors=8), interactions)
    scorer = model.scorer
    shares = []
    for user_index in range(interactions.n_users):
        ranking = recommend(model, user_index, k=5, reasons=True)
        history = interactions.histories.of(user_index)
        falls = {}
        for place in np.flatnonzero(history.ratings >= 4):
            rest = np.arange(len(history)) != place
            shorter = History(history.items[rest], history.ratings[rest], history.rated_at[rest])
            without = scorer.score(UserRef(shorter)).scores
            falls[int(history.items[place])] = ranking.scores - without[ranking.items]
        for column, reason in enumerate(ranking.reasons):
            if reason is not None:
                shares.append(falls[reason.item][column] / max(fall[column] for fall in falls.values()))
    assert len(shares) > 100
    print(f"The reason's rating carries {np.mean(shares):.3f} of what the most important rating carries.")
    assert np.mean(shares) > 0.8
