"""What `matinee next` says of challengers and of freshness."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from matinee.cli.comparisons import of_challenger, of_freshness
from matinee.lifecycle.challengers import Evidence, Standing
from matinee.lifecycle.freshness import GainOverAge

KNOWN = Evidence(n_users=300, n_days=20, alpha=0.04, difference=0.06, low=-0.02, high=0.14, days_needed=12.0)
STANDING = Standing("p", "als", "blend {}", 1, "gathering", "", 7, datetime.now(UTC), evidence=KNOWN)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "+6.0% (-2.0% to +14.0%) for 300 people. About 12 more days like these"),
        ({"evidence": replace(KNOWN, days_needed=None)}, "no end in sight"),
        ({"evidence": replace(KNOWN, low=None, high=None)}, "+6.0% for 300 people."),
        ({"evidence": Evidence()}, "nobody was compared yet"),
        ({"state": "won"}, "goes into production"),
        ({"state": "proposed", "version": "9"}, "matinee promote 9 --reason WHY"),
        ({"state": "late", "reason": "It was not ready."}, "through chunk 7: It was not ready."),
    ],
)
def test_where_a_challenger_stands_is_one_sentence(changed, says):
    assert says in of_challenger(replace(STANDING, **changed))


def test_what_learning_is_worth_is_one_sentence():
    gains = [GainOverAge(1, 0.001, -0.01, 0.012, 400, 20), GainOverAge(7, 0.02, 0.01, 0.03, 400, 20)]
    said = of_freshness(gains)
    assert "+0.1% on the day before (-1.0% to +1.2%), +2.0% on 7 days ago (+1.0% to +3.0%); 400 people" in said
