"""Requests of one moment are ranked at once, and each gets what it would have got alone."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from matinee.ranking import FactorScorer, Histories, History, ListRequest, RankingModel, UserRef, recommend
from matinee.serving.answering.batching import RequestBatcher
from matinee.serving.model import fallback
from matinee.serving.model.served import ServedModel

N_MOVIES, N_USERS = 400, 20


def factor_model(seed: int) -> RankingModel:
    random = np.random.default_rng(seed)
    item_factors, user_factors = (random.normal(size=(n, 8)).astype(np.float32) for n in (N_MOVIES, N_USERS))
    nobody = Histories(
        np.zeros(N_USERS + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64)
    )
    return RankingModel(item_factors[:, 0], nobody, FactorScorer(item_factors, user_factors, 5.0, 2.0, 3.0, 4.0))


class Counting(ServedModel):
    """Remembers how many lists it made at once."""

    def rank(self, requests):
        sizes.append(len(requests))
        return super().rank(requests)


sizes: list[int] = []


@pytest.fixture
def served():
    sizes.clear()
    empty = fallback.empty()
    fields = {name: getattr(empty, name) for name in empty.__dataclass_fields__}
    return Counting(**fields | {"model": factor_model(0)})


def asked(user_index):
    return ListRequest(UserRef(History.empty(), user_index))


def ask(served, user_indexes):
    async def all_at_once():
        batcher = RequestBatcher()
        return await asyncio.gather(*(batcher.recommend(served, asked(user)) for user in user_indexes))

    return asyncio.run(all_at_once())


def test_what_is_asked_at_once_is_ranked_at_once(served):
    for user_index, ranking in enumerate(ask(served, range(N_USERS))):
        assert_array_equal(ranking.items, recommend(served.model, user_index).items)
    assert sizes == [N_USERS]


def test_who_comes_alone_is_answered_alone(served):
    async def one_after_another():
        batcher = RequestBatcher()
        return [await batcher.recommend(served, asked(user)) for user in range(3)]

    asyncio.run(one_after_another())
    assert sizes == [1, 1, 1]


def test_a_model_that_does_not_benefit_ranks_each_at_once(served):
    popular = replace(served, model=replace(served.model, scorer=None))
    assert {ranking.policy for ranking in ask(popular, range(3))} == {"popular"}
    assert sizes == [1, 1, 1]


def test_each_gets_the_list_of_the_model_that_it_asked(served):
    other = replace(served, model=factor_model(1))

    async def during_a_swap():
        batcher = RequestBatcher()
        return await asyncio.gather(*(batcher.recommend(model, asked(0)) for model in (served, other, served)))

    old, new, old_too = asyncio.run(during_a_swap())
    assert_array_equal(old.items, old_too.items)
    assert_array_equal(old.items, recommend(served.model, 0).items)
    assert_array_equal(new.items, recommend(other.model, 0).items)


def test_who_has_gone_away_disturbs_nobody(served):
    async def with_one_who_leaves():
        batcher = RequestBatcher()
        leaver, stayer = (asyncio.create_task(batcher.recommend(served, asked(user))) for user in (0, 1))
        await asyncio.sleep(0)
        leaver.cancel()
        return await stayer

    assert_array_equal(asyncio.run(with_one_who_leaves()).items, recommend(served.model, 1).items)
    assert sizes == [1]


def test_a_failure_is_told_to_all_who_wait_and_the_next_are_answered(served):
    async def with_a_user_who_is_not_there():
        batcher = RequestBatcher()
        wrong = await asyncio.gather(
            *(batcher.recommend(served, asked(user)) for user in (0, N_USERS)), return_exceptions=True
        )
        return wrong, await batcher.recommend(served, asked(0))

    wrong, right = asyncio.run(with_a_user_who_is_not_there())
    assert [type(error) for error in wrong] == [IndexError, IndexError]
    assert_array_equal(right.items, recommend(served.model, 0).items)
