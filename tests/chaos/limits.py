"""How long what was struck may be away, and how many days have to end in time: which strike has broken which limit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

from chaos.days import Day
from chaos.people import Outage
from chaos.plan import Strike

READS_S = 1.0
"""Longest time without a read when a process is struck that `_READS_S` does not name, or none."""

_READS_S = {
    ("freeze", "api-worker"): 5.0,
    ("kill", "api-parent"): 10.0,
    ("freeze", "api-parent"): 10.0,
    ("kill", "everything"): 10.0,
}

HEALED_S = 30.0
SLOWLY_HEALED_S = 60.0
"""The same of MLflow, of Airflow, and of a task, which Airflow tries again."""

IN_TIME_S = 180.0
SHARE_IN_TIME = 0.95
"""Of the days, when strikes come no faster than one every `JUDGED_INTERVAL_S`; when they do, it is only told."""
JUDGED_INTERVAL_S = 30.0

REACH_S = 15.0
"""An outage that begins so long after a strike may be its doing: a frozen parent of the workers is noticed after 10 s,
and whatever else is frozen after 4."""

IDLE_START_S = 5.0
"""What a start of the API server takes at most on the machine that the limits speak of: half of the 10 s in which its
parent has to be back, the other half being for noticing and for the pause before the start."""

SPREAD = 4.0
"""How much longer than its one measured start anything may take where other work comes and goes, as in CI."""

MOST = 8.0
"""Stretched further, no limit would judge anything, and the test would end before what does not heal is noticed."""


def allowance_of(start_s: float) -> float:
    """By how much limits are stretched on a machine that shares its processors.

    Args:
        start_s: how long a start of the API server took in this run that nobody disturbed, in seconds.
    """
    return min(MOST, SPREAD * max(1.0, start_s / IDLE_START_S))


@dataclass(frozen=True)
class Struck:
    """A strike that hit somebody."""

    number: int
    at: float
    """Monotonic."""
    strike: Strike
    processes: tuple[psutil.Process, ...]
    stage: str = ""
    """Of a task."""

    @property
    def name(self) -> str:
        """Such as `kill task train`."""
        return " ".join(filter(None, (self.strike.action, self.strike.target, self.stage)))

    @property
    def reads_s(self) -> float:
        """Longest time without a read that it may cause."""
        return _READS_S.get((self.strike.action, self.strike.target), READS_S)


@dataclass(frozen=True)
class Judged:
    """Something that took its time after a strike, and how long it may take."""

    what: str
    after: str
    """The strike; `nothing` when there was none."""
    took_s: float
    limit_s: float

    @property
    def is_broken(self) -> bool:
        """Whether it took too long."""
        return self.took_s > self.limit_s

    def __str__(self) -> str:
        return f"{self.what} {self.took_s:.1f} s after {self.after}; the limit is {self.limit_s:g} s"


def outages(found: Sequence[Outage], struck: Sequence[Struck], allowance: float = 1.0) -> Iterator[Judged]:
    """Each time without reads beside the strike that allows it most, among those that may have caused it."""
    for outage in found:
        ended = outage.began + outage.lasted_s
        causes = [each for each in struck if outage.began - REACH_S * allowance < each.at < ended]
        cause = max(causes, key=lambda each: (each.reads_s, each.at), default=None)
        after = f"strike {cause.number}, {cause.name}" if cause else "nothing"
        limit_s = (cause.reads_s if cause else READS_S) * allowance
        yield Judged("reads were away for", after, outage.lasted_s, limit_s)


def healed_s(program: str) -> float:
    """Within which time a program (`api`, `airflow-scheduler`, …) or a task (`task train`) has to be back."""
    return SLOWLY_HEALED_S if program == "mlflow" or program.startswith(("airflow", "task")) else HEALED_S


def in_time(days: Sequence[Day], allowance: float = 1.0) -> int:
    """How many days ended promoted in time."""
    return sum(day.outcome == "promoted" and day.took_s <= IN_TIME_S * allowance for day in days)


def share_of_days(days: Sequence[Day], interval_s: float, allowance: float = 1.0) -> Iterator[str]:
    """What is wrong with the days between strikes, which are judged when strikes come as slowly as the limit says."""
    n_in_time = in_time(days, allowance)
    if interval_s >= JUDGED_INTERVAL_S and (not days or n_in_time < SHARE_IN_TIME * len(days)):
        limit_s = IN_TIME_S * allowance
        yield f"{n_in_time} of {len(days)} days were promoted within {limit_s:g} s; {SHARE_IN_TIME:.0%} have to be"
