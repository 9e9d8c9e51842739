"""Ratings that nobody gave have what real ones have, or nothing can be measured on them."""

import polars as pl
import pytest

from matinee.bench.data import FROM_LAST, SHAPES, Shape, generate, shape_of, write
from matinee.errors import UsageError
from matinee.evaluation.evaluate import Contender, Popularity, evaluate
from matinee.evaluation.split import Split, cases
from matinee.models.ease import EASE
from matinee.models.interactions import Interactions
from matinee.models.popular import Popular
from matinee.models.recommender import Recommender, fit

SMALL = Shape(600, 400, 30_000)


@pytest.fixture(scope="module")
def ratings() -> pl.DataFrame:
    ids = pl.col("user_id", "movie_id").cast(pl.String)
    return generate(SMALL).with_columns(ids, pl.col("rating").cast(pl.Float64))


def test_there_are_about_as_many_users_movies_and_ratings_as_the_shape_says(ratings):
    assert ratings["user_id"].n_unique() == SMALL.n_users
    assert ratings["movie_id"].n_unique() <= SMALL.n_movies
    assert ratings.height == pytest.approx(SMALL.n_ratings, rel=0.05)
    assert ratings.select("user_id", "movie_id").is_duplicated().sum() == 0


def test_the_same_seed_gives_the_same_file_and_another_seed_another(tmp_path):
    first, second, third = (write(SMALL, tmp_path / name, seed)[0] for name, seed in [("a", 1), ("b", 1), ("c", 2)])
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes() != third.read_bytes()


def test_a_learned_model_beats_popularity(ratings):
    cut = ratings["rated_at"][int(ratings.height * 0.9)]
    split = Split(ratings.filter(pl.col("rated_at") < cut), ratings.filter(pl.col("rated_at") >= cut))
    users, popularity = list(cases(split, 4.0)), Popularity.of(split.past, 4.0)
    interactions = Interactions.from_ratings(split.past, [], 4.0, cut)

    def ndcg(algorithm: Recommender) -> float:
        model = fit(algorithm, interactions).ranking_model()
        contender = Contender.of(model, interactions.user_ids, interactions.movie_ids)
        return float(evaluate(contender, users, popularity)["ndcg_at_10"].to_numpy().mean())

    assert ndcg(EASE(regularization=50)) > 1.2 * ndcg(Popular())


def test_what_comes_next_depends_on_what_came_last(ratings):
    def most_frequent_successors(frame: pl.DataFrame) -> int:
        pairs = frame.with_columns(pl.col("movie_id").shift(1).over("user_id").alias("before")).drop_nulls()
        return pairs.group_by("before", "movie_id").len().sort("len", descending=True)["len"].head(200).sum()

    shuffled = ratings.with_columns(pl.col("movie_id").shuffle(seed=1).over("user_id"))
    assert most_frequent_successors(ratings) > (1 + FROM_LAST) * most_frequent_successors(shuffled)


def test_movies_are_rated_after_their_release(ratings, tmp_path):
    movies = pl.read_parquet(write(SMALL, tmp_path)[1]).with_columns(pl.col("movie_id").cast(pl.String))
    released = movies.select("movie_id", pl.col("title").str.extract(r"\((\d+)\)$").cast(pl.Int32).alias("year"))
    joined = ratings.join(released, on="movie_id")
    assert (joined["rated_at"].dt.year() >= joined["year"]).all()


def test_a_factor_is_of_ml_20m():
    assert shape_of("0.25").n_ratings == SHAPES["ml-20m"].n_ratings // 4
    with pytest.raises(UsageError, match="no shape 'huge'"):
        shape_of("huge")
