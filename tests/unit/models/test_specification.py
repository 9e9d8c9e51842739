import pytest

from matinee.errors import UsageError
from matinee.models.specification import Specification, configuration, specifications


def test_names_and_hyper_parameters_are_read_and_each_is_there_once():
    found = specifications("als, ease:regularization=7.5,als,popular:window_days=30")
    assert [(each.algorithm, each.parameters) for each in found] == [
        ("als", {}),
        ("ease", {"regularization": 7.5}),
        ("popular", {"window_days": 30}),
    ]
    assert found[2].recommender().parameters["window_days"] == 30


def test_off_is_no_challenger():
    assert specifications("off") == ()


def test_what_is_written_in_two_ways_is_one_configuration():
    written = Specification.parse("popular:window_days=30"), Specification.parse("popular:window_days=30.0")
    assert len({configuration(each.algorithm, each.recommender().parameters) for each in written}) == 1


@pytest.mark.parametrize("text", ["als:depth=3", "als3", "als:factors=many"])
def test_what_cannot_be_made_is_said_in_one_line(text):
    with pytest.raises(UsageError, match=r"depth|als3|many"):
        Specification.parse(text).recommender()
