"""Movies that nobody has rated, scored as those that are like them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.unit.ranking.conftest import N_MOVIES, factor_model, history

from matinee.ranking import (
    Content,
    FactorScorer,
    Histories,
    ItemItemScorer,
    ListRequest,
    RankingModel,
    UserRef,
    recommend,
    recommend_many,
    similar,
)
from matinee.ranking.rows import DenseRows

UNRATED, NEW = N_MOVIES - 1, N_MOVIES
CONTENT = Content(
    np.array([UNRATED, NEW]), np.array([[0, 1], [2, 3]]), np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
)


def item_item_model() -> RankingModel:
    weights = np.random.default_rng(1).normal(size=(N_MOVIES, N_MOVIES)).astype(np.float32)
    weights[UNRATED] = weights[:, UNRATED] = 0
    rows = np.arange(N_MOVIES, dtype=np.int32)
    scorer = ItemItemScorer(DenseRows(weights), rows, 5.0, 4.0)
    known = factor_model(history(0, 2, 4)).histories
    return RankingModel(np.arange(N_MOVIES, 0, -1).astype(np.float32), known, scorer)


def unrated_factor_model() -> RankingModel:
    model = factor_model(history(0, 2, 4))
    assert isinstance(model.scorer, FactorScorer)
    factors = model.scorer.item_factors.copy()
    factors[UNRATED] = 0
    return replace(model, scorer=replace(model.scorer, item_factors=factors))


@pytest.fixture(params=[item_item_model, unrated_factor_model], ids=["item_item", "factors"])
def model(request: pytest.FixtureRequest) -> RankingModel:
    made: RankingModel = request.param()
    return made


def scores(model: RankingModel, *items: int) -> dict[int, float]:
    ranking = recommend(model, None, history(*items), k=N_MOVIES + 1)
    return dict(zip(ranking.items.tolist(), ranking.scores.tolist(), strict=True))


def test_an_unrated_movie_scores_as_the_movies_that_are_like_it(model: RankingModel) -> None:
    without, found = scores(model, 4, 6), scores(model.with_content(CONTENT), 4, 6)
    assert_allclose(found[UNRATED], 0.75 * without[0] + 0.25 * without[1], rtol=1e-5)
    assert_allclose(found[NEW], 0.5 * without[2] + 0.5 * without[3], rtol=1e-5)


def test_all_other_movies_score_as_before(model: RankingModel) -> None:
    without, found = scores(model, 4, 6), scores(model.with_content(CONTENT), 4, 6)
    others = [row for row in without if row != UNRATED]
    assert_array_equal([found[row] for row in others], [without[row] for row in others])


def test_a_rating_of_a_new_movie_says_nothing_yet_and_breaks_nothing(model: RankingModel) -> None:
    extended = model.with_content(CONTENT)
    with_new, without = scores(extended, 4, 6, NEW), scores(extended, 4, 6)
    assert NEW not in with_new
    # Recency counts ratings: the newest one that says nothing is not counted either.
    assert_allclose([with_new[row] for row in with_new], [without[row] for row in with_new], rtol=1e-5)
    assert recommend(extended, None, history(NEW)).policy == "popular"


def test_reasons_of_an_unrated_movie_add_up_to_its_score(model: RankingModel) -> None:
    extended = model.with_content(CONTENT)
    assert extended.scorer is not None
    scored = extended.scorer.score(UserRef(history(4, 6, NEW)))
    assert scored is not None
    items = np.array([UNRATED, NEW, 0])
    added = scored.explain(items)
    assert added is not None
    assert added.shape == (3, 3)
    assert not added[2].any()
    assert_allclose(added.sum(axis=0), scored.scores[items], rtol=1e-3, atol=1e-5)
    assert scored.known(items).all()


def test_many_lists_are_made_as_each_is(model: RankingModel) -> None:
    extended = model.with_content(CONTENT)
    requests = [ListRequest(extended.user(None, history(row)), 6, reasons=True) for row in (1, 4, 5, 6, NEW)]
    for together, request in zip(recommend_many(extended, requests), requests, strict=True):
        (alone,) = recommend_many(extended, [request])
        assert_array_equal(together.items, alone.items)
        assert_array_equal(together.scores, alone.scores)


def test_similar_lists_may_have_unrated_movies_and_those_of_unrated_ones_are_popular(model: RankingModel) -> None:
    extended = model.with_content(CONTENT)
    assert {UNRATED, NEW} <= set(similar(extended, 4, N_MOVIES).items.tolist())
    assert similar(extended, NEW).policy == "popular"
    assert similar(extended, UNRATED).policy == "popular"


def test_arrays_that_do_not_fit_are_refused() -> None:
    arrays = CONTENT.arrays()
    with pytest.raises(ValueError, match="outside the catalogue"):
        Content.from_arrays(arrays, N_MOVIES)
    with pytest.raises(ValueError, match="shapes"):
        Content.from_arrays(arrays | {"content_rows": np.zeros(3, np.int32)}, N_MOVIES + 1)
    assert Content.from_arrays({}, N_MOVIES) is None


def test_a_model_without_users_is_extended_too() -> None:
    nobody = Histories(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))
    model = RankingModel(np.zeros(N_MOVIES, np.float32), nobody).with_content(CONTENT)
    assert model.n_movies == N_MOVIES + 1
    assert NEW in recommend(model, None, k=N_MOVIES + 1).items
