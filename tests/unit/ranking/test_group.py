"""One list for several people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.unit.ranking.conftest import N_MOVIES, factor_model, history, random_histories

from matinee.ranking import History, ListRequest, RankingModel, UserRef, recommend_many, recommend_to_group

AGGREGATIONS = ["average", "least_misery"]
NOBODY = UserRef(History.empty())


def standardized_scores(model: RankingModel, user: UserRef) -> np.ndarray:
    scored = model.scorer.score(user)
    scores = (model.popularity if scored is None else scored.scores).astype(float)
    return (scores - scores.mean()) / scores.std()


@settings(deadline=None)
@given(st.lists(random_histories(), min_size=1, max_size=4), st.sampled_from(AGGREGATIONS), st.integers(1, N_MOVIES))
def test_a_group_gets_what_the_definition_says(people, aggregation, k):
    model = factor_model(history(0, 1), history(2))
    members = [ListRequest(model.user(None, each), k) for each in people]
    expected = np.array([standardized_scores(model, each.user) for each in members])
    together = expected.mean(axis=0) if aggregation == "average" else expected.min(axis=0)
    seen = {row for each in people for row in each.items.tolist()}
    found = recommend_to_group(model, members, aggregation)
    assert seen.isdisjoint(found.items.tolist())
    assert len(found.items) == min(k, N_MOVIES - len(seen))
    assert_allclose(found.scores, together[found.items], atol=1e-4)
    left = np.setdiff1d(np.arange(N_MOVIES), [*seen, *found.items.tolist()])
    assert (together[left] <= (found.scores.min() if len(found.items) else np.inf) + 1e-4).all()


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_group_of_one_gets_the_movies_that_this_one_gets_alone(aggregation):
    model = factor_model(history(0, 1), history(2))
    alone = recommend_many(model, [ListRequest(model.user(0), reasons=True)])[0]
    group = recommend_to_group(model, [ListRequest(model.user(0), reasons=True)], aggregation)
    assert_array_equal(group.items, alone.items)
    assert [reason and reason.item for reason in group.reasons] == [reason and reason.item for reason in alone.reasons]
    assert group.policy == "learned"


@pytest.mark.parametrize(("aggregation", "decides"), [("average", np.argmax), ("least_misery", np.argmin)])
def test_reasons_are_ratings_of_the_member_whose_expectation_decides(aggregation, decides):
    model = factor_model(history(0, 1), history(2, 3))
    members = [ListRequest(model.user(row), reasons=True) for row in (0, 1)]
    scores = np.array([standardized_scores(model, each.user) for each in members])
    found = recommend_to_group(model, members, aggregation)
    deciding = decides(scores[:, found.items], axis=0).tolist()
    assert set(deciding) == {0, 1}
    for member, reason in zip(deciding, found.reasons, strict=True):
        assert reason is None or reason.member == member
        assert reason is None or reason.item in members[member].user.history.items
    assert sum(reason is not None for reason in found.reasons) > 3


def test_reasons_of_a_page_are_those_of_the_whole_list_of_a_group():
    model = factor_model(history(0, 1), history(2, 3))
    members = [ListRequest(model.user(row), reasons=True) for row in (0, 1)]
    told = [
        [reason and (reason.item, reason.member) for reason in recommend_to_group(model, asked, "average").reasons]
        for asked in (members, [each._replace(page=(2, 5)) for each in members])
    ]
    whole, page = told
    assert page == [None] * 2 + whole[2:5] + [None] * (len(whole) - 5)


def test_the_policy_tells_of_how_many_something_was_known():
    model = factor_model(history(0, 1), history(2))
    known, news = model.user(0), model.user(None, history(5))
    for users, policy in (
        ([known, model.user(1)], "learned"),
        ([known, news], "fold_in"),
        ([known, NOBODY], "fold_in"),
        ([NOBODY, NOBODY], "popular"),
    ):
        members = [ListRequest(user, reasons=True) for user in users]
        assert recommend_to_group(model, members, "average").policy == policy


def test_strangers_get_what_is_popular_without_reasons():
    model = factor_model(history(0))
    found = recommend_to_group(model, [ListRequest(NOBODY, 3, reasons=True)] * 2, "least_misery")
    assert (found.items.tolist(), found.reasons) == ([0, 1, 2], [None] * 3)


def test_sliders_work_for_groups():
    model = factor_model(history(0, 1), history(2, 3))
    members = [ListRequest(model.user(row), 8) for row in (0, 1)]
    plain = recommend_to_group(model, members, "average")
    for slider in ({"rarity": 1.0}, {"diversity": 1.0}):
        moved = recommend_to_group(model, [each._replace(**slider) for each in members], "average")
        assert moved.items.tolist() != plain.items.tolist()
