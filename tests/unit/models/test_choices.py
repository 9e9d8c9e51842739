"""Choices are kept for a week, or until there is something else to choose by."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from matinee.models.als import ALS
from matinee.models.blend import Blend
from matinee.models.choices import ChoiceBasis, Choices, chosen
from matinee.models.interactions import Interactions
from matinee.models.recommender import fit
from support import two_tastes

WAS = ChoiceBasis(5, datetime(2020, 1, 5, tzinfo=UTC), 1000, 4.0, (2,))
KEPT = Choices({"regularization": 1000.0, "recent": 2.0, "common": -0.5}, WAS)
NEXT = replace(WAS, chunk_id=6, ends_at=WAS.ends_at + timedelta(days=1), n_ratings=1001)


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (NEXT, ""),
        (WAS, ""),  # the same chunk again
        (replace(NEXT, without=(2, 6)), ""),  # they know nothing of chunk 6
        (replace(NEXT, ends_at=WAS.ends_at + timedelta(days=7) - timedelta(seconds=1)), ""),
        (replace(NEXT, ends_at=WAS.ends_at + timedelta(days=7)), "7 days old"),
        (replace(NEXT, n_ratings=1099), ""),
        (replace(NEXT, n_ratings=1100), "a tenth more"),
        (replace(NEXT, positive_rating=3.0), "3 stars"),
        (replace(NEXT, without=(2, 4)), "up to 5 has changed"),
        (replace(NEXT, without=()), "up to 5 has changed"),
    ],
)
def test_choices_are_due_after_a_week_or_a_tenth_more_ratings_or_when_others_are_learned(
    now: ChoiceBasis, why: str
) -> None:
    due = KEPT.due(now)
    assert why in due
    assert bool(due) == bool(why)


def test_choices_are_read_as_they_were_written() -> None:
    assert Choices.of_json(KEPT.as_json) == KEPT


def test_a_fit_with_the_choices_that_were_made_gives_the_same_model_and_chooses_nothing(monkeypatch) -> None:
    ratings = Interactions.from_ratings(two_tastes(), [], 4.0, datetime(2020, 1, 21, tzinfo=UTC))
    made = fit(Blend(), ratings)
    kept = Choices(Blend().choices(ratings), WAS)
    monkeypatch.setattr("matinee.models.tuning.steps", _never)
    again = fit(chosen(Blend(), kept), ratings)
    assert again.parameters == made.parameters
    assert again.arrays.keys() == made.arrays.keys()
    for name, array in made.arrays.items():
        assert_array_equal(np.asarray(again.arrays[name]), np.asarray(array))


def test_an_algorithm_that_makes_no_choices_stays_as_it_is() -> None:
    assert chosen(ALS(), KEPT) == ALS()
    assert chosen(Blend(), None) == Blend()


def _never(*_arguments: object) -> None:
    raise AssertionError("the newest ratings were walked through")
