"""No list is one of zeros: what a model knows nothing of gets the popular movies, and the answer says so.

Every model of the entry-point group `matinee.models` is asked for lists of all kinds over a catalogue of which it knows
half: some movies nobody rated, some were rated by one person only, some were liked by nobody.
"""

from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from matinee.models.interactions import Interactions
from matinee.models.recommender import ENTRY_POINTS, fit, recommender
from matinee.ranking import History, ListRequest, Ranking, RankingModel, UserRef, recommend_many, similar

NAMES = sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))
START = datetime(2020, 1, 1, tzinfo=UTC)
N_RATED, N_LIKED_ALONE, N_DISLIKED, N_UNRATED = 12, 3, 3, 6
N_MOVIES = N_RATED + N_LIKED_ALONE + N_DISLIKED + N_UNRATED
UNRATED = range(N_MOVIES - N_UNRATED, N_MOVIES)


def _rows() -> list[tuple[str, str, float, datetime]]:
    random = np.random.default_rng(3)
    crowd = [(f"u{user}", movie, 5.0) for user in range(20) for movie in random.permutation(N_RATED)[:6].tolist()]
    alone = [(f"alone{movie}", movie, 5.0) for movie in range(N_RATED, N_RATED + N_LIKED_ALONE)]
    first = N_RATED + N_LIKED_ALONE
    disliked = [(f"u{user}", movie, 1.0) for user in range(5) for movie in range(first, first + N_DISLIKED)]
    told = [*crowd, *alone, *disliked]
    return [
        (user, str(movie), stars, START + timedelta(hours=order)) for order, (user, movie, stars) in enumerate(told)
    ]


@pytest.fixture(scope="module")
def fitted_models() -> dict[str, RankingModel]:
    ratings = pl.DataFrame(_rows(), schema=["user_id", "movie_id", "rating", "rated_at"], orient="row")
    movie_ids = [str(row) for row in range(N_MOVIES)]
    known = Interactions.from_ratings(ratings, movie_ids, 4.0, START + timedelta(days=30))
    return {name: fit(recommender(name), known).ranking_model() for name in NAMES}


@st.composite
def requests(draw: st.DrawFn) -> tuple[int | None, ListRequest]:
    """A user of the training data or none, and a list for a history, of some of the movies."""
    items = draw(st.lists(st.integers(0, N_MOVIES - 1), unique=True, max_size=8))
    stars = draw(st.lists(st.sampled_from([1.0, 5.0]), min_size=len(items), max_size=len(items)))
    times = np.arange(len(items), dtype=np.int64) + int((START + timedelta(days=31)).timestamp())
    history = History(np.array(items, np.int32), np.array(stars, np.float32), times)
    candidates = draw(st.none() | st.lists(st.booleans(), min_size=N_MOVIES, max_size=N_MOVIES).map(np.array))
    wanted = ListRequest(UserRef(history), draw(st.integers(1, N_MOVIES)), candidates=candidates)
    return draw(st.none() | st.integers(0, 22)), wanted._replace(exclude_seen=draw(st.booleans()))


def _is_about(model: RankingModel, request: ListRequest, ranking: Ranking) -> bool:
    """Whether the user's history says something of any movie of the list."""
    scored = None if model.scorer is None else model.scorer.score(request.user)
    added = None if scored is None else scored.explain(ranking.items)
    return added is not None and bool(added.any()) and bool(ranking.scores.any())


@pytest.mark.parametrize("name", NAMES)
@given(asked=requests())
def test_no_list_is_one_of_zeros(
    fitted_models: dict[str, RankingModel], name: str, asked: tuple[int | None, ListRequest]
) -> None:
    model, (user_index, wanted) = fitted_models[name], asked
    request = wanted._replace(user=model.user(user_index, wanted.user.history))
    (ranking,) = recommend_many(model, [request])
    if ranking.policy == "popular":
        allowed = request.allowed(N_MOVIES)
        popular = [row for row in np.argsort(-model.popularity, kind="stable").tolist() if allowed[row]]
        assert ranking.items.tolist() == popular[: request.k]
    elif len(ranking.items):
        assert _is_about(model, request, ranking)


@pytest.mark.parametrize("name", NAMES)
@given(items=st.lists(st.sampled_from(UNRATED), unique=True, min_size=1), k=st.integers(1, N_MOVIES))
def test_whoever_rated_only_what_nobody_else_did_gets_the_popular_movies(
    fitted_models: dict[str, RankingModel], name: str, items: list[int], k: int
) -> None:
    times = np.zeros(len(items), np.int64)
    history = History(np.array(items, np.int32), np.full(len(items), 5, np.float32), times)
    (ranking,) = recommend_many(fitted_models[name], [ListRequest(UserRef(history), k)])
    assert ranking.policy == "popular"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("k", [1, 5, N_MOVIES - 1])
def test_no_list_of_similar_movies_is_one_of_zeros(fitted_models: dict[str, RankingModel], name: str, k: int) -> None:
    model = fitted_models[name]
    for item in range(N_MOVIES):
        ranking = similar(model, item, k)
        assert len(ranking.items) == k
        assert ranking.policy == "popular" or ranking.scores.any()
        if item in UNRATED:
            assert ranking.policy == "popular"


def test_what_a_model_knows_nothing_of_follows_by_popularity(fitted_models: dict[str, RankingModel]) -> None:
    model = fitted_models["item_knn"]
    ranking = similar(model, 0, N_MOVIES - 1)
    unknown = ranking.items[ranking.scores == ranking.scores[-1]]
    assert len(unknown) > 3
    assert_array_equal(model.popularity[unknown], np.sort(model.popularity[unknown])[::-1])
