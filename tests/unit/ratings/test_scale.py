"""The scale of ratings: how it is written, found, and what is on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import UsageError
from matinee.ratings.scale import FIVE_STARS, Scale, likely_scale


@pytest.mark.parametrize("text", ["0.5-5:0.5", "1-10:1", "0-1:1", "-1-1:2", "1", "0-100", "-10-10:0.25"])
def test_a_scale_is_written_as_it_is_read(text):
    assert str(Scale.parse(text)) == text


@pytest.mark.parametrize("text", ["", "five stars", "5-1", "1-10:4", "1--", "1:2-3"])
def test_what_is_no_scale_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="1-10:1"):
        Scale.parse(text)


def test_a_rating_is_on_the_scale_when_a_whole_number_of_steps_leads_there():
    assert [value for value in (0, 0.5, 3.3, 4.5, 5, 5.5, float("nan")) if FIVE_STARS.holds(value)] == [0.5, 4.5, 5]
    assert Scale(1, 10).holds(3.3)
    assert Scale(1, 4, 1 / 3).holds(1.333333)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1.0], "1"),
        ([0.0, 1.0], "0-1:1"),
        ([-1.0, 1.0], "-1-1:2"),
        ([4.0], "0.5-5:0.5"),
        ([5.0, 10.0], "1-10:1"),
        ([0.0, 10.0], "0-10:1"),
        ([2.25, 5.0], "0-5"),
        ([1.0, 85.0], "1-100:1"),
    ],
)
def test_the_likely_scale_is_the_usual_one_that_holds_all_ratings(values, scale):
    assert str(likely_scale(values)) == scale


@given(st.lists(st.floats(-1000, 1000), min_size=1, unique=True).map(sorted))
def test_the_likely_scale_holds_every_rating(values):
    assert all(map(likely_scale(values).holds, values))


def test_stars_of_another_service_become_as_many_parts_of_the_highest_rating():
    assert [Scale(1, 10, 1).from_stars(stars) for stars in (0.5, 3.5, 5)] == [1, 7, 10]
    assert [Scale(0, 1, 1).from_stars(stars) for stars in (1, 4)] == [0, 1]
    assert Scale(1, 1).from_stars(2) == 1
