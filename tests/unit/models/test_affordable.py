"""A catalogue that is too large to be solved whole: its most liked movies exactly, the others by what they go with."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from matinee.models import affordable
from matinee.models.affordable import MOST, head_of, n_affordable, tail_columns
from matinee.models.blend import Blend
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.item_item import cross_product
from matinee.models.recommender import fit
from matinee.ranking import recommend

GB = 1_000_000_000


@pytest.fixture
def head_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affordable, "LEAST", 5)
    monkeypatch.setattr(affordable, "MOST", 5)


def test_memory_decides_how_many_movies_get_weights_of_their_own() -> None:
    assert n_affordable(24 * GB) == MOST
    assert n_affordable(GB) == 5_000
    assert n_affordable(100_000_000) == 1_581
    assert n_affordable(0) == affordable.LEAST


def test_a_catalogue_that_can_be_afforded_is_solved_whole(interactions: Interactions) -> None:
    assert_array_equal(head_of(interactions), np.flatnonzero(interactions.popularity()))
    assert len(EASE().fit(interactions).arrays["rows"]) == np.count_nonzero(interactions.popularity())


@pytest.mark.usefixtures("head_of_five")
def test_the_head_is_of_the_most_liked_movies(interactions: Interactions) -> None:
    popularity = interactions.popularity()
    head = head_of(interactions)
    assert len(head) == 5
    assert popularity[head].min() >= np.delete(popularity, head).max()


@pytest.mark.usefixtures("head_of_five")
def test_a_movie_of_the_tail_gets_the_ridge_regression_on_the_head(interactions: Interactions) -> None:
    head, likes = head_of(interactions), interactions.user_items()
    gram = cross_product(likes[:, head], likes[:, head])
    columns = tail_columns(likes, head, gram, 3.0).toarray()
    matrix = likes.toarray()
    expected = np.linalg.solve(gram + 3 * np.eye(5), matrix[:, head].T @ matrix)
    expected[:, head] = 0
    together = matrix[:, head].T @ matrix > 0
    complete = np.delete(np.arange(interactions.n_movies), head)
    complete = [movie for movie in complete if together[:, movie].all()]
    assert len(complete) > 0  # of a movie that was liked with all of the head the support is the head
    assert_allclose(columns[:, complete], expected[:, complete], rtol=1e-4, atol=1e-6)
    assert_array_equal(columns[:, head], 0)


def test_of_a_tail_movie_only_those_speak_that_it_was_liked_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affordable, "SUPPORT", 3)
    monkeypatch.setattr(affordable, "BLOCK", 2)
    random = np.random.default_rng(3)
    matrix = (random.random((40, 12)) < 0.15).astype(np.float32)
    head = np.arange(5)
    gram = (matrix[:, head].T @ matrix[:, head]).astype(np.float32)
    columns = tail_columns(sp.csr_matrix(matrix), head, gram, 2.0).toarray()
    n_silent = 0
    for movie in range(5, 12):
        together = matrix[:, head].T @ matrix[:, movie]
        strongest = np.argsort(-together / np.sqrt(np.diagonal(gram) + 2), kind="stable")[:3]
        support = strongest[together[strongest] > 0]
        n_silent += len(support) < 3
        expected = np.zeros(5)
        expected[support] = np.linalg.solve(
            gram[np.ix_(support, support)] + 2 * np.eye(len(support)), together[support]
        )
        assert_allclose(columns[:, movie], expected, rtol=1e-4, atol=1e-6)
    assert n_silent > 0
    assert_array_equal(columns[:, head], 0)


@pytest.mark.usefixtures("head_of_five")
def test_movies_of_the_tail_are_recommended_and_explained(interactions: Interactions) -> None:
    model = fit(EASE(regularization=3), interactions).ranking_model()
    assert model.scorer is not None
    head = head_of(interactions)
    shown = {}
    for user in range(interactions.n_users):
        ranking = recommend(model, user, k=interactions.n_movies, reasons=True)
        shown |= {
            item: reason for item, reason in zip(ranking.items.tolist(), ranking.reasons or [], strict=True) if reason
        }
    tail = set(shown) - set(head.tolist())
    assert tail
    assert {shown[item].item for item in tail} <= set(head.tolist())


@pytest.mark.usefixtures("head_of_five")
def test_a_history_of_the_tail_alone_says_nothing_and_gets_what_is_popular(interactions: Interactions) -> None:
    model = fit(EASE(), interactions).ranking_model()
    assert model.scorer is not None
    (first, *_) = np.delete(np.arange(interactions.n_movies), head_of(interactions))
    assert model.scorer.similar(int(first)) is None


def test_the_default_can_be_fitted_with_hardly_any_memory(interactions: Interactions) -> None:
    poor = replace(interactions, memory_bytes=1)
    assert fit(Blend(), poor).kind == "blend"
