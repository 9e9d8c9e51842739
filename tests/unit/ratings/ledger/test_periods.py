from datetime import UTC, datetime, timedelta

from matinee.ratings.ledger.calendar import Calendar
from matinee.ratings.ledger.periods import Period, Plan, Present, plan_live, plan_replay

TODAY = datetime(2026, 11, 26, tzinfo=UTC)
DAY = timedelta(days=1)
PRESENT = Present(Calendar("UTC", 30), TODAY + DAY / 2, timedelta(hours=1))


def test_a_replay_has_caught_up_with_the_last_period_that_is_over():
    starts_at = TODAY - 100 * DAY
    first = plan_replay(starts_at, PRESENT, starts_at + DAY, feedback_waits=False)
    assert first == Plan("replay", (Period(starts_at, TODAY - 70 * DAY),))
    last = plan_replay(TODAY - 40 * DAY, PRESENT, TODAY - 39 * DAY, feedback_waits=False)
    assert last == Plan("live", (Period(TODAY - 40 * DAY, TODAY - 10 * DAY),))


def test_a_replay_whose_next_period_is_not_over_goes_on_live():
    assert plan_replay(TODAY - 20 * DAY, PRESENT, TODAY, feedback_waits=True) == Plan("live")


def test_at_the_end_of_old_data_live_ratings_make_chunks_without_a_period():
    assert plan_replay(TODAY, PRESENT, None, feedback_waits=True) == Plan("replay", (Period(TODAY, TODAY),))
    assert plan_replay(TODAY, PRESENT, None, feedback_waits=False) == Plan("replay")


def test_nothing_is_said_to_be_unfinished_when_only_ratings_are_missing():
    assert plan_live(TODAY - 31 * DAY, PRESENT, lambda _: None) == Plan("live")
    assert plan_live(TODAY - 29 * DAY, PRESENT, lambda _: None) == Plan("live", not_over=TODAY + DAY)
