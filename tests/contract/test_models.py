"""What every model of the entry-point group `matinee.models` must do, on ratings whose answer is known.

The ratings are a checkerboard: users of an even row like the movies of even rows, the others the others; all dislike
two movies of the other colour. Each user has left some movies of their own colour unrated, and those must come first.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from matinee import artifact
from matinee.models.interactions import Interactions
from matinee.models.recommender import ENTRY_POINTS, fit, recommender
from matinee.ranking import History, ListRequest, RankingModel, recommend, recommend_many, similar

NAMES = sorted(entry.name for entry in entry_points(group=ENTRY_POINTS))
PERSONAL = [name for name in NAMES if name != "popular"]

N_USERS, N_MOVIES, N_OPEN = 60, 24, 3
START = datetime(2020, 1, 1, tzinfo=UTC)
THROUGH = START + timedelta(days=30)
MOVIES = pl.DataFrame(
    {
        "movie_id": [str(row) for row in range(N_MOVIES)],
        "title": "A film",
        "year": 2000,
        "genres": [["Drama"]] * N_MOVIES,
    }
)

Row = tuple[str, str, float, datetime]


def frame(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["user_id", "movie_id", "rating", "rated_at"], orient="row")


def interactions(rows: Iterable[Row]) -> Interactions:
    return Interactions.from_ratings(frame(rows), MOVIES["movie_id"].to_list(), 4.0, THROUGH)


def checkerboard() -> Iterable[Row]:
    random = np.random.default_rng(0)
    for user in range(N_USERS):
        own = [movie for movie in range(N_MOVIES) if movie % 2 == user % 2]
        rated = random.permutation(own)[N_OPEN:]
        for position, movie in enumerate(rated):
            yield f"u{user:02}", str(movie), 5.0, START + timedelta(hours=user, minutes=position)
        for movie in (rated[:2] + 1) % N_MOVIES:
            yield f"u{user:02}", str(movie), 1.0, START + timedelta(hours=user)


@pytest.fixture(scope="module")
def board() -> Interactions:
    return interactions(checkerboard())


@pytest.fixture(scope="module")
def fitted_models(board: Interactions) -> dict[str, RankingModel]:
    return {name: fit(recommender(name), board).ranking_model() for name in NAMES}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def model(name: str, fitted_models: dict[str, RankingModel]) -> RankingModel:
    return fitted_models[name]


@pytest.fixture(params=PERSONAL)
def personal_model(request: pytest.FixtureRequest, fitted_models: dict[str, RankingModel]) -> RankingModel:
    return fitted_models[request.param]


def history(*items: int, ratings: float = 5.0) -> History:
    """A history of this very moment, long after the training data."""
    times = int(time.time()) + np.arange(len(items), dtype=np.int64)
    return History(np.array(items, np.int32), np.full(len(items), ratings, np.float32), times)


def colours(items: Iterable[int]) -> set[int]:
    return {int(item) % 2 for item in items}


def test_is_made_again_from_its_own_parameters(name: str) -> None:
    made = recommender(name)
    assert recommender(name, made.parameters).parameters == made.parameters


def test_learns_the_same_from_the_same_ratings(name: str, board: Interactions) -> None:
    first, second = fit(recommender(name), board), fit(recommender(name), board)
    assert first.parameters == second.parameters
    for array_name, array in first.arrays.items():
        assert_array_equal(array, second.arrays[array_name], err_msg=array_name)


def test_recommends_what_is_left_of_the_users_own_colour_first(personal_model: RankingModel) -> None:
    for user_index in range(N_USERS):
        ranking = recommend(personal_model, user_index, k=N_OPEN)
        assert ranking.policy == "learned"
        assert colours(ranking.items) == {user_index % 2}


def test_folds_in_the_history_of_a_stranger(personal_model: RankingModel) -> None:
    for first in (0, 1):
        ranking = recommend(personal_model, None, history(first, first + 4, first + 8), k=9)
        assert ranking.policy == "fold_in"
        assert colours(ranking.items) == {first}


def test_folds_in_one_single_liked_movie(personal_model: RankingModel) -> None:
    assert colours(recommend(personal_model, None, history(7), k=5).items) == {1}


def test_lets_the_newest_movies_of_a_long_history_decide(personal_model: RankingModel) -> None:
    even, odd = (range(colour, N_MOVIES - 4, 2) for colour in (0, 1))
    assert recommend(personal_model, None, history(*even, *odd), k=1).items % 2 == 1
    assert recommend(personal_model, None, history(*odd, *even), k=1).items % 2 == 0


def test_ranks_a_stranger_with_a_users_history_as_it_ranks_the_user(model: RankingModel) -> None:
    for user_index in (0, 1, N_USERS - 1):
        known = model.histories.of(user_index)
        learned, folded_in = recommend(model, user_index, k=N_OPEN), recommend(model, None, known, k=N_OPEN)
        assert_array_equal(learned.items, folded_in.items)
        assert_allclose(learned.scores, folded_in.scores, rtol=1e-3)


def test_makes_many_lists_as_it_makes_each(model: RankingModel) -> None:
    users = [(0, None), (None, None), (1, history(3)), (None, history(2, 4)), (None, history(5)), (2, None)]
    rankings = recommend_many(model, [ListRequest(model.user(*user)) for user in users])
    for together, user in zip(rankings, users, strict=True):
        alone = recommend(model, *user)
        assert together.policy == alone.policy
        assert_array_equal(together.items, alone.items)
        assert_array_equal(together.scores, alone.scores)


def test_finds_similar_movies_of_the_same_colour(personal_model: RankingModel) -> None:
    for movie in range(N_MOVIES):
        ranking = similar(personal_model, movie, k=4)
        assert ranking.policy == "learned"
        assert colours(ranking.items) == {movie % 2}


def test_scores_are_finite_for_whatever_history(model: RankingModel) -> None:
    for news in (history(), history(3), history(3, ratings=1.0), history(*range(N_MOVIES - 1))):
        ranking = recommend(model, None, news, k=N_MOVIES)
        assert np.isfinite(ranking.scores).all()
        assert len(ranking.items) == N_MOVIES - len(news)


def test_a_history_without_a_liked_movie_gets_what_is_popular(model: RankingModel) -> None:
    assert recommend(model, None, history(3, ratings=1.0)).policy == "popular"


@pytest.mark.parametrize("stars", [5.0, 1.0])
def test_learns_from_a_single_rating_of_any_kind(name: str, stars: float) -> None:
    single = interactions([("somebody", "3", stars, START)])
    ranking = recommend(fit(recommender(name), single).ranking_model(), 0, k=N_MOVIES)
    assert len(ranking.items) == N_MOVIES - 1
    assert np.isfinite(ranking.scores).all()


def test_a_movie_that_nobody_rated_gets_into_no_ones_way(name: str) -> None:
    known = interactions(row for row in checkerboard() if row[1] != "6")
    ranking = recommend(fit(recommender(name), known).ranking_model(), 0, k=3)
    assert 6 not in ranking.items


def test_its_artifact_ranks_like_the_model_itself(
    name: str, model: RankingModel, board: Interactions, tmp_path: Path
) -> None:
    artifact.write(tmp_path / "matinee", fit(recommender(name), board).contents(name, board, 1), MOVIES)
    loaded = artifact.load(tmp_path / "matinee")
    half_a_step = 4e-3  # of a weight that takes one byte; movies may change places whose scores are nearer than two
    for user_index in range(N_USERS):
        expected, found = recommend(model, user_index, k=N_MOVIES), recommend(loaded.model, user_index, k=5)
        scores = dict(zip(expected.items.tolist(), expected.scores.tolist(), strict=True))
        assert found.policy == expected.policy
        assert_allclose(found.scores, [scores[item] for item in found.items.tolist()], rtol=half_a_step)
        assert_allclose(found.scores, expected.scores[:5], rtol=2 * half_a_step)


def test_is_ranked_without_a_training_library(name: str, board: Interactions, tmp_path: Path) -> None:
    artifact.write(tmp_path / "matinee", fit(recommender(name), board).contents(name, board, 1), MOVIES)
    program = f"""
import sys
from pathlib import Path
from matinee import artifact
from matinee.ranking import recommend, similar
loaded = artifact.load(Path({str(tmp_path / "matinee")!r}))
recommend(loaded.model, 0), similar(loaded.model, 0)
print(sorted({{"implicit", "scipy", "sklearn", "mlflow", "threadpoolctl"}} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_popular_recommends_what_most_users_liked(fitted_models: dict[str, RankingModel], board: Interactions) -> None:
    counts = np.bincount(board.histories.items[board.histories.ratings >= 4], minlength=N_MOVIES)
    ranking = recommend(fitted_models["popular"], None, k=N_MOVIES)
    assert ranking.items.tolist() == sorted(range(N_MOVIES), key=lambda movie: (-counts[movie], movie))
