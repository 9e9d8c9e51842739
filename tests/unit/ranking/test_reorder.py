"""Sliders: from popular to rare, and from similar to diverse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.unit.ranking.conftest import factor_model, histories, history

from matinee.ranking import FactorScorer, ListRequest, Ranking, RankingModel, UserRef, recommend_many
from matinee.ranking.reorder import POOL

MANY = 300


def many_movies(seed: int = 0) -> RankingModel:
    random = np.random.default_rng(seed)
    popularity = np.sort(random.pareto(1.0, MANY).astype(np.float32) * 20)[::-1].copy()
    factors = random.normal(size=(MANY, 8)).astype(np.float32) * np.log1p(popularity)[:, None]
    users = [history(*random.choice(MANY, 30, replace=False)) for _ in range(2)]
    scorer = FactorScorer(
        factors, random.normal(size=(2, 8)).astype(np.float32), 5.0, 2.0, recency=np.inf, positive_rating=4.0
    )
    return RankingModel(popularity, histories(*users), scorer)


def ranked(model: RankingModel, user: UserRef | None = None, **wanted) -> Ranking:
    return recommend_many(model, [ListRequest(user or model.user(0), **wanted)])[0]


def likeness(model: RankingModel, items) -> np.ndarray:
    """Cosines of the explanations of a list, by hand."""
    assert model.scorer is not None
    explained = model.scorer.score(model.user(0)).explain(np.array(items)).astype(float)
    lengths = np.linalg.norm(explained, axis=0)
    return np.clip(explained.T @ explained / np.outer(lengths, lengths), 0, 1)


def test_sliders_in_the_middle_change_no_bit():
    model = many_movies()
    plain, middle = ranked(model, k=20, reasons=True), ranked(model, k=20, reasons=True, rarity=0.0, diversity=0.0)
    assert_array_equal(plain.items, middle.items)
    assert_array_equal(plain.scores, middle.scores)


@given(st.integers(0, 50))
def test_the_rarer_the_slider_says_the_rarer_is_the_list(seed):
    model = many_movies(seed)
    mean = [np.log(model.popularity[ranked(model, rarity=r).items] + 1).mean() for r in (-1, -0.5, 0, 0.5, 1)]
    assert (np.diff(mean) <= 1e-5).all()
    assert mean[0] > mean[-1]


def test_half_of_the_weight_is_that_of_the_self_information_at_the_end():
    model = many_movies()
    smoothed = model.popularity.astype(float) + 1
    information = -np.log2(smoothed / smoothed.sum())
    scores = model.scorer.score(model.user(0)).scores.astype(float)
    expected = sum((each - each.mean()) / each.std() / 2 for each in (scores, information))
    found = ranked(model, rarity=1.0)
    assert_allclose(found.scores, expected[found.items], rtol=1e-4)


@settings(deadline=None)
@given(st.integers(0, 50), st.sampled_from([0.3, 1.0]))
def test_each_movie_is_the_one_of_most_marginal_relevance(seed, diversity):
    model = many_movies(seed)
    pool = ranked(model, k=POOL)
    relevance = (pool.scores - pool.scores[-1]) / (pool.scores[0] - pool.scores[-1])
    alike, weight = likeness(model, pool.items), diversity / 2
    place = {int(row): number for number, row in enumerate(pool.items)}
    taken: list[int] = []
    found = ranked(model, k=30, diversity=diversity)
    for row, value in zip(found.items.tolist(), found.scores, strict=True):
        margins = (1 - weight) * relevance - weight * (alike[taken].max(axis=0) if taken else 0)
        margins[taken] = -np.inf
        assert value == pytest.approx(margins[place[row]], abs=1e-4)
        assert value == pytest.approx(margins.max(), abs=1e-4)
        taken.append(place[row])


def test_the_more_diverse_the_slider_says_the_less_alike_are_the_movies():
    distances = []
    for diversity in (0, 0.5, 1):
        models = [many_movies(seed) for seed in range(10)]
        lists = [(model, ranked(model, diversity=diversity).items) for model in models]
        distances.append(np.mean([1 - likeness(model, items)[np.triu_indices(10, 1)].mean() for model, items in lists]))
    assert distances == sorted(distances)
    assert distances[-1] > distances[0] + 0.02


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(1, MANY), st.integers(1, MANY), st.floats(-1, 1), st.floats(0, 1), st.booleans())
def test_a_longer_list_begins_with_the_shorter_one_and_its_scores_fall(seed, one, other, rarity, diversity, is_known):
    model = many_movies(seed)
    user = model.user(0) if is_known else UserRef(model.history(None))
    shorter, longer = (
        ranked(model, user, k=k, rarity=rarity, diversity=diversity) for k in (min(one, other), max(one, other))
    )
    assert_array_equal(longer.items[: len(shorter.items)], shorter.items)
    assert (np.diff(longer.scores) <= 1e-6).all()
    assert len(set(longer.items.tolist())) == len(longer.items) == min(max(one, other), MANY - len(user.history))


def test_only_what_is_allowed_is_listed():
    model = many_movies()
    candidates = np.arange(MANY) % 3 == 0
    items = ranked(model, k=MANY, rarity=1.0, diversity=1.0, candidates=candidates).items
    seen = set(model.history(0).items.tolist())
    assert set(items.tolist()) == set(np.flatnonzero(candidates).tolist()) - seen


def test_a_list_by_popularity_has_nothing_that_tells_movies_apart():
    model = many_movies()
    stranger = UserRef(model.history(None))
    plain, diverse = ranked(model, stranger), ranked(model, stranger, diversity=1.0, reasons=True)
    assert diverse.policy == "popular"
    assert diverse.reasons == [None] * 10
    assert_array_equal(plain.items, diverse.items)


def test_a_list_of_nothing_stays_empty():
    model = factor_model(history(*range(12)))
    assert ranked(model, rarity=1.0, diversity=1.0, reasons=True).items.tolist() == []


def test_reordered_lists_are_made_beside_others():
    model = many_movies()
    wanted = [ListRequest(model.user(0)), ListRequest(model.user(1), diversity=1.0), ListRequest(model.user(1))]
    for together, one in zip(recommend_many(model, wanted), wanted, strict=True):
        assert_array_equal(together.items, recommend_many(model, [one])[0].items)


def test_reasons_of_a_page_are_those_of_the_whole_list():
    model = many_movies()
    whole = ranked(model, k=20, reasons=True).reasons
    for start, end in ((5, 9), (15, 20)):
        page = ranked(model, k=20, reasons=True, page=(start, end if end < 20 else 30)).reasons
        assert [each is None for each in page] == [not start <= place < end for place in range(20)]
        for found, expected in zip(page[start:end], whole[start:end], strict=True):
            assert (found.item, found.member) == (expected.item, expected.member)
            # Products of other shapes are rounded otherwise, on some processors.
            assert found.contribution == pytest.approx(expected.contribution, rel=1e-5)


def test_what_was_explained_for_diversity_is_not_explained_again_for_reasons(monkeypatch):
    model = many_movies()
    scored, asked = model.scorer.score(model.user(0)), []
    monkeypatch.setattr(type(model.scorer), "score", lambda *_: _Counting(scored, asked))
    told = ranked(model, k=20, diversity=1.0, reasons=True)
    assert asked == [POOL]
    again = scored.explain(told.items)
    again[model.user(0).history.items[:, None] == told.items] = -np.inf
    assert_allclose([reason.contribution for reason in told.reasons], again.max(axis=0), rtol=1e-5)


class _Counting:
    """Scores that note how many movies they explain."""

    def __init__(self, scored, asked):
        self._scored, self._asked, self.scores, self.known = scored, asked, scored.scores, scored.known

    def explain(self, items):
        self._asked.append(len(items))
        return self._scored.explain(items)
