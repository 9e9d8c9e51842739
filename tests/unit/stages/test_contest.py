"""What people are told of a pair: intervals that hold for the whole and for its segments together."""

import numpy as np
import pytest

from matinee.evaluation.evidence import MIN_USERS, ConfidenceSequence, Differences
from matinee.lifecycle.comparisons import Compared
from matinee.stages.contest import SEGMENTS, evidence_of

ALPHA = 0.04


def compared(n_users: int, segment: str) -> Compared:
    """Everybody in one segment."""
    values = 0.02 + np.tile([0.1, -0.1], n_users // 2)
    return Compared(Differences(values, np.arange(n_users), np.arange(n_users) // 5), 0.2, np.full(n_users, segment))


def test_intervals_of_segments_hold_together_at_the_level_of_the_pair():
    known = evidence_of(compared(400, "warm"), ALPHA)
    low, high = ConfidenceSequence(ALPHA / len(SEGMENTS)).interval(compared(400, "warm").differences)
    warm = known.segments["warm"]
    assert (warm["low"], warm["high"]) == pytest.approx((low / 0.2, high / 0.2))
    assert warm["low"] < known.low < known.difference < known.high < warm["high"]


def test_there_is_no_interval_of_fewer_people_than_it_holds_for():
    known = evidence_of(compared(MIN_USERS - 2, "new"), ALPHA)
    assert (known.low, known.high) == (None, None)
    assert known.segments["new"]["low"] is None
    assert known.difference == pytest.approx(0.1)
    assert "warm" not in known.segments
