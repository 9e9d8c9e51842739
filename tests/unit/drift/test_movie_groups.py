"""Movies are grouped by the past, and a rating of the past by the past without it."""

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from matinee.drift.movie_groups import GROUPS, NEW, MovieGroups

PASTS = st.lists(st.sampled_from("abcdefgh"), max_size=60)


def ratings(movie_ids: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"movie_id": movie_ids, "row": range(len(movie_ids))}, {"movie_id": pl.String, "row": pl.Int64})


@given(PASTS)
def test_the_past_is_counted_by_movie_as_it_is_by_rating(past):
    groups = MovieGroups(ratings(past))
    labelled = groups.of_past(ratings(past))
    assert labelled["row"].to_list() == list(range(len(past)))
    assert groups.past() == Counter(labelled["group"])


@given(PASTS, PASTS)
def test_a_movie_is_new_to_a_chunk_when_the_past_has_not_rated_it_and_to_the_past_when_once(past, chunk):
    groups, counts = MovieGroups(ratings(past)), Counter(past)
    of_chunk, of_past = groups.of_chunk(ratings(chunk))["group"], groups.of_past(ratings(past))["group"]
    assert [group == NEW for group in of_chunk] == [counts[movie] == 0 for movie in chunk]
    assert [group == NEW for group in of_past] == [counts[movie] == 1 for movie in past]


@given(PASTS, st.integers(1, 8))
def test_the_most_rated_movies_are_those_with_the_most_ratings_and_of_equals_the_first(past, n):
    counts = Counter(past)
    assert MovieGroups(ratings(past)).most_rated(n) == set(sorted(counts, key=lambda each: (-counts[each], each))[:n])


def test_the_more_often_a_movie_was_rated_the_lower_its_group():
    past = [movie for number, movie in enumerate("abcde") for _ in range(100 >> number)]
    found = MovieGroups(ratings(past)).of_chunk(ratings(list("abcdez")))["group"].to_list()
    assert found == sorted(found)
    assert (found[0], found[-1], GROUPS[found[0]]) == (0, NEW, "most rated fifth")
