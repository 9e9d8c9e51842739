"""A sample of the people of a large history."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matinee.evaluation.sample import people_sampled
from support import two_tastes

RATINGS = two_tastes(n_users=300)
shares = st.floats(0, 1)


@given(shares, st.sets(st.integers(0, 299)))
def test_of_whom_is_in_it_everything_is_in_it_and_all_people_of_the_chunk_are(share, numbers):
    of_chunk = {f"u{number}" for number in numbers}.intersection(RATINGS["user_id"])
    sampled = people_sampled(RATINGS.lazy(), of_chunk, share)
    assert of_chunk <= set(sampled["user_id"])
    assert sampled.equals(RATINGS.filter(pl.col("user_id").is_in(sampled["user_id"].unique().to_list())))


@given(shares, shares)
def test_a_larger_sample_contains_a_smaller_one(one, other):
    smaller, larger = (set(people_sampled(RATINGS.lazy(), (), share)["user_id"]) for share in sorted((one, other)))
    assert smaller <= larger


def test_it_has_about_as_many_people_as_are_wanted():
    many = pl.LazyFrame({"user_id": [f"user {number}" for number in range(10_000)]})
    counts = [people_sampled(many, (), share).height for share in (0, 0.05, 0.5, 1)]
    assert counts[0] == 0
    assert 400 < counts[1] < 600
    assert 4_800 < counts[2] < 5_200
    assert counts[3] == 10_000


def test_ids_that_are_categories_are_sampled_as_texts_are():
    as_categories = RATINGS.with_columns(pl.col("user_id").cast(pl.Categorical))
    texts, categories = (people_sampled(each.lazy(), ["u1"], 0.3) for each in (RATINGS, as_categories))
    assert categories["user_id"].cast(pl.String).equals(texts["user_id"])
