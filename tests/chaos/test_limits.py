"""The chaos suite says which strike has broken which limit."""

import pytest

from chaos import limits
from chaos.days import Day
from chaos.limits import Judged, Struck
from chaos.people import Outage
from chaos.plan import WEIGHTS, Strike


def struck(number: int, at: float, action: str, target: str) -> Struck:
    return Struck(number, at, Strike(1.0, target, action, 0.0), ())


def judge(lasted_s: float, *strikes: Struck, allowance: float = 1.0) -> Judged:
    (found,) = limits.outages([Outage(100.0, lasted_s)], strikes, allowance)
    return found


@pytest.mark.parametrize(
    ("action", "target", "limit_s"),
    [
        ("freeze", "api-worker", 5.0),
        ("kill", "api-parent", 10.0),
        ("freeze", "api-parent", 10.0),
        ("kill", "everything", 10.0),
        *(("kill", target, 1.0) for target in WEIGHTS if target not in ("api-parent", "everything")),
    ],
)
def test_reads_may_be_away_for_as_long_as_the_struck_process_allows(action, target, limit_s):
    strike = struck(3, 100.0, action, target)
    assert not judge(limit_s, strike).is_broken
    broken = judge(limit_s + 0.1, strike)
    assert broken.is_broken
    assert str(broken) == (
        f"reads were away for {limit_s + 0.1:.1f} s after strike 3, {action} {target}; the limit is {limit_s:g} s"
    )


def test_an_outage_is_judged_by_the_strike_that_allows_it_most_of_those_that_may_have_caused_it():
    parent, worker = struck(1, 96.0, "freeze", "api-parent"), struck(2, 101.0, "kill", "api-worker")
    assert judge(9.0, parent, worker).after == "strike 1, freeze api-parent"
    assert judge(9.0, struck(1, 60.0, "freeze", "api-parent"), worker).is_broken
    assert judge(9.0, struck(9, 110.0, "kill", "everything")).after == "nothing"


def test_an_outage_that_nobody_caused_is_judged_like_that_of_any_process():
    assert not judge(0.9).is_broken
    assert judge(1.1).is_broken


def test_limits_are_stretched_by_how_slow_the_machine_is():
    assert limits.allowance_of(limits.IDLE_START_S / 2) == limits.SPREAD
    allowance = limits.allowance_of(1.5 * limits.IDLE_START_S)
    assert allowance == 1.5 * limits.SPREAD
    assert limits.allowance_of(100 * limits.IDLE_START_S) == limits.MOST
    strike = struck(1, 100.0, "kill", "api-worker")
    assert not judge(5.9, strike, allowance=allowance).is_broken
    assert judge(6.1, strike, allowance=allowance).is_broken


def test_on_a_slow_machine_an_outage_may_begin_later_after_its_strike():
    strike = struck(1, 80.0, "freeze", "api-parent")
    assert judge(9.0, strike).after == "nothing"
    assert judge(9.0, strike, allowance=2.0).after == "strike 1, freeze api-parent"


def test_mlflow_airflow_and_tasks_may_take_longer_to_be_back():
    slow = ("mlflow", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "task train")
    assert {limits.healed_s(name) for name in slow} == {60.0}
    assert {limits.healed_s(name) for name in ("api", "postgres", "ui")} == {30.0}


def day(took_s: float, outcome: str = "promoted") -> Day:
    return Day(0.0, 0.0, took_s, 0, outcome, "")


def test_95_of_100_days_have_to_be_promoted_within_three_minutes_when_a_strike_comes_every_30_seconds():
    good, late, failed = [day(180.0)] * 95, [day(181.0)] * 5, [day(20.0, "failed")]
    assert list(limits.share_of_days([*good, *late], 30.0)) == []
    said = "95 of 101 days were promoted within 180 s; 95% have to be"
    assert list(limits.share_of_days([*good, *late, *failed], 30.0)) == [said]
    assert list(limits.share_of_days([*good, *late, *failed], 10.0)) == []
    assert list(limits.share_of_days([], 30.0)) == ["0 of 0 days were promoted within 180 s; 95% have to be"]
