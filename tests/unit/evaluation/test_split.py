from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import BadData
from matinee.evaluation.split import Case, Said, Split, cases, split_off_newest

START = datetime(2020, 1, 1, tzinfo=UTC)
SCHEMA = {"user_id": pl.String, "movie_id": pl.String, "rating": pl.Float32, "rated_at": pl.Datetime("us", "UTC")}


def frame(*rows):
    return pl.DataFrame(
        [(user, movie, rating, START + timedelta(hours=hour)) for user, movie, rating, hour in rows],
        schema=SCHEMA,
        orient="row",
    )


def test_a_warm_user_has_the_past_as_history_and_what_they_liked_next_as_truth():
    past = frame(("ann", "a", 5, 1), ("ann", "b", 1, 2))
    holdout = frame(("ann", "c", 4, 30), ("ann", "d", 3, 31))
    (case,) = cases(Split(past, holdout), 4.0)
    assert (case.segment, case.history["movie_id"].to_list(), case.truth) == ("warm", ["a", "b"], {"c"})


def test_a_new_user_has_the_first_half_as_history_and_the_rest_as_truth():
    holdout = frame(("bob", "d", 5, 33), ("bob", "a", 5, 30), ("bob", "c", 5, 32), ("bob", "b", 2, 31))
    (case,) = cases(Split(frame(), holdout), 4.0)
    assert (case.segment, case.history["movie_id"].to_list(), case.truth) == ("new", ["a", "b"], {"c", "d"})


def test_a_movie_that_was_rated_before_is_no_truth():
    past, holdout = frame(("ann", "a", 5, 1)), frame(("ann", "a", 5, 30))
    assert list(cases(Split(past, holdout), 4.0)) == []


def done(*rows):
    """As `frame`, of rows that end with what was done: a watch counts as liked, whatever else was said of it."""
    events = [row[-1] for row in rows]
    return frame(*(row[:-1] for row in rows)).with_columns(
        event=pl.Series(events, dtype=pl.String), weight=pl.Series([1.0] * len(rows), dtype=pl.Float32)
    )


def test_what_somebody_gave_one_star_in_the_end_is_no_truth():
    past = done(("ann", "a", 5, 1, "rating"), ("ann", "a", 1, 2, "rating"), ("ann", "b", 4, 2, "rating"))
    holdout = done(
        ("ann", "c", 1e9, 30, "watch"),
        ("ann", "c", 1, 31, "rating"),
        ("ann", "d", 1, 30, "rating"),
        ("ann", "d", 1e9, 32, "watch"),
        ("ann", "e", 5, 30, "rating"),
        ("ann", "e", 1, 33, "rating"),
        ("ann", "f", 1, 30, "rating"),
        ("ann", "f", 5, 34, "rating"),
    )
    (case,) = cases(Split(past, holdout), 4.0)
    assert case.truth == {"f"}
    assert case.history.select("movie_id", "rating").rows() == [("a", 1.0), ("b", 4.0)]


def test_users_without_history_or_without_liked_movies_are_left_out():
    holdout = frame(("only-one", "a", 5, 30), ("dislikes", "a", 1, 30), ("dislikes", "b", 1, 31))
    assert list(cases(Split(frame(), holdout), 4.0)) == []


def test_a_history_that_overlaps_the_truth_is_refused():
    history = frame(("ann", "a", 5, 1)).select("movie_id", "rating", "rated_at")
    with pytest.raises(BadData, match="overlap in movie a"):
        Case("ann", "warm", history, frozenset({"a"}))


def test_a_first_chunk_is_split_at_its_last_period():
    ratings = frame(("ann", "a", 5, 1), ("ann", "b", 5, 24), ("ann", "c", 5, 47))
    past, holdout = split_off_newest(ratings, START + timedelta(days=2), timedelta(days=1))
    assert (past["movie_id"].to_list(), holdout["movie_id"].to_list()) == (["a"], ["b", "c"])


ratings = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz"), st.sampled_from([1.0, 4.0, 5.0]), st.integers(0, 200)),
    max_size=40,
)


@given(rows=ratings)
def test_no_case_ever_knows_its_future(rows):
    ratings = frame(*rows)
    split = split_off_newest(ratings, START + timedelta(hours=200), timedelta(hours=100))
    for case in cases(split, 4.0):
        of_user = split.holdout.filter(user_id=case.user_id)
        liked = set(of_user.filter(pl.col("rating") >= 4)["movie_id"])
        assert case.truth
        assert case.truth <= liked
        assert case.truth.isdisjoint(case.history["movie_id"])
        assert case.history["rated_at"].is_sorted()
        rated_truth = of_user.filter(pl.col("movie_id").is_in(list(case.truth)))
        assert rated_truth["rated_at"].max() >= case.history["rated_at"].max()


@given(
    st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.integers(0, 9)), max_size=4), max_size=5)
)
def test_the_parts_of_what_was_said_are_what_each_said(each):
    parts = [frame(*(("u", movie, rating, hour) for movie, rating, hour in rows)) for rows in each]
    parts = [part.with_columns(event=pl.lit("rating"), weight=pl.lit(1, pl.Float32)) for part in parts]
    whole = Said.of(pl.concat([frame().with_columns(event=pl.lit(""), weight=pl.lit(0, pl.Float32)), *parts]))
    for found, part in zip(whole.of_each(map(len, parts)), parts, strict=True):
        own = Said.of(part)
        assert found.movie_ids == own.movie_ids == part["movie_id"].to_list()
        assert found.ratings.tolist() == own.ratings.tolist() == part["rating"].to_list()
        assert found.rated_at.tolist() == own.rated_at.tolist()
        assert found.events.codes.tolist() == own.events.codes.tolist()
        assert found.events.weights.tolist() == own.events.weights.tolist()
