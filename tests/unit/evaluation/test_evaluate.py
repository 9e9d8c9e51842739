from datetime import timedelta

import numpy as np
import pytest

from matinee.evaluation.evaluate import Contender, Popularity, evaluate, summarize
from matinee.evaluation.split import Case, cases, split_off_newest
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit, recommender
from matinee.ranking import PopularityScorer, RankingModel


@pytest.fixture
def split(ratings):
    return split_off_newest(ratings, ratings["rated_at"].max() + timedelta(seconds=1), timedelta(days=5))


def contender(split, algorithm):
    movie_ids = [f"m{movie}" for movie in range(40)]
    interactions = Interactions.from_ratings(split.past, movie_ids, 4.0, split.past["rated_at"].max())
    model = fit(recommender(algorithm), interactions).ranking_model()
    return Contender(
        model,
        {user_id: row for row, user_id in enumerate(interactions.user_ids)},
        {movie_id: row for row, movie_id in enumerate(interactions.movie_ids)},
    )


class Knowing(PopularityScorer):
    """Scores that somebody stands for, so that nothing more popular is put in their place."""

    def known(self, items):
        return np.ones(len(items), bool)


class Oracle:
    """A scorer that has seen the truth of one user."""

    def __init__(self, truth, n_movies):
        self.scores = np.zeros(n_movies, np.float32)
        self.scores[list(truth)] = 1

    def top(self, requests):
        return Knowing(self.scores).top(requests)


def test_a_model_of_two_tastes_beats_popularity(split):
    users = list(cases(split, 4.0))
    als, popular = (summarize(evaluate(contender(split, name), users), 40) for name in ("als", "popular"))
    assert als["ndcg_at_10"] > popular["ndcg_at_10"] + 0.1
    assert als["coverage_at_10"] >= popular["coverage_at_10"]


def test_an_oracle_reaches_one(split):
    base = contender(split, "popular")
    for case in cases(split, 4.0):
        truth = base.truth(case)
        model = RankingModel(base.model.popularity, base.model.histories, Oracle(truth, 40))
        (row,) = evaluate(Contender(model, base.user_index, base.item_index), [case]).to_dicts()
        assert (row["ndcg_at_10"], row["hit_rate_at_10"]) == (pytest.approx(1), 1)


class Shuffled:
    """A scorer that knows nothing."""

    def __init__(self, n_movies):
        self.random, self.n_movies = np.random.default_rng(0), n_movies

    def top(self, requests):
        return Knowing(self.random.random(self.n_movies, np.float32)).top(requests)


def test_a_shuffled_model_is_as_good_as_chance(split):
    base = contender(split, "popular")
    users = list(cases(split, 4.0)) * 20
    shuffled = Contender(
        RankingModel(base.model.popularity, base.model.histories, Shuffled(40)), base.user_index, base.item_index
    )
    found = evaluate(shuffled, users)["hit_rate_at_10"].to_numpy()
    missed = [
        np.prod([1 - 10 / (40 - case.history["movie_id"].n_unique() - each) for each in range(len(case.truth))])
        for case in users
    ]
    by_chance = 1 - np.array(missed)
    assert found.mean() == pytest.approx(by_chance.mean(), abs=4 * found.std() / np.sqrt(len(users)))


def test_a_truth_outside_the_catalogue_counts_against_the_model(split):
    (case, *_) = cases(split, 4.0)
    unlisted = Case(case.user_id, case.segment, case.history, frozenset({"a movie that came later"}))
    (row,) = evaluate(contender(split, "als"), [unlisted]).to_dicts()
    assert row["recall_at_10"] == 0


def test_users_are_compared_by_their_external_ids_whatever_the_rows(split):
    base = contender(split, "popular")
    (row, *_) = evaluate(base, cases(split, 4.0)).to_dicts()
    assert set(row["recommended"]) <= base.item_index.keys()


def test_popular_lists_are_less_novel_than_personal_ones(split):
    popularity = Popularity.of(split.past, 4.0)
    users = list(cases(split, 4.0))
    als, popular = (summarize(evaluate(contender(split, name), users, popularity), 40) for name in ("als", "popular"))
    assert popular["novelty"] < als["novelty"]
    assert popular["mean_popularity_rank"] < als["mean_popularity_rank"]
    assert popular["gini_at_10"] > als["gini_at_10"]


def test_light_and_heavy_users_are_told_apart_by_the_median(split):
    summary = summarize(evaluate(contender(split, "als"), cases(split, 4.0)), 40)
    assert {"ndcg_at_10_light", "ndcg_at_10_heavy", "ndcg_at_10_warm"} <= summary.keys()


def test_no_case_gives_an_empty_table_and_no_means(split):
    assert summarize(evaluate(contender(split, "popular"), []), 40) == {"n_evaluated_users": 0}


def test_means_are_given_for_all_warm_and_new_users(split):
    per_user = evaluate(contender(split, "als"), cases(split, 4.0))
    warm = per_user.filter(segment="warm")["ndcg_at_10"].mean()
    assert summarize(per_user, 40)["ndcg_at_10_warm"] == pytest.approx(warm)
