"""What a soak, and a week of the loop, have to reach."""

from collections.abc import Mapping
from typing import Any

MOST_GB, LONGEST_DAY, MOST_GROWTH = 2.0, 1.2, 0.05
LONG_FROM = 365
"""Days from which on the time of a day and the growth of processes have to be within these aims.

They depend on how busy the machine is and on how long a process lives: of fewer days they have to be within the next
two, which what grows with the days of a home soon is not.
"""

LONGEST_DAY_OF_FEW, MOST_GROWTH_OF_FEW = 2.0, 0.15

A_WEEK = 7
"""Days through the real Airflow from which on the growth of its processes is judged."""


def missed(figures: Mapping[str, Any]) -> list[str]:
    """Names of the figures (of `bench/soak.py --json`) that are not what they have to be."""
    aims = {"home_gb": MOST_GB, "lost": 0, "doubled": 0}
    is_long = figures["days"] >= LONG_FROM
    aims["day_s_ratio"] = LONGEST_DAY if is_long else LONGEST_DAY_OF_FEW
    aims["rss_growth"] = MOST_GROWTH if is_long else MOST_GROWTH_OF_FEW
    return [name for name, most in aims.items() if figures[name] is not None and figures[name] > most]


def missed_by_the_loop(figures: Mapping[str, Any]) -> list[str]:
    """Names of the figures of `bench/loop.py` that are not what they have to be; of growth with the process's name."""
    aims = {"home_gb": MOST_GB, "lost": 0, "doubled": 0}
    grown = figures["rss_growth"].items() if figures["days"] >= A_WEEK else ()
    return [
        *(name for name, most in aims.items() if figures[name] > most),
        *(f"rss_growth of {process}" for process, growth in grown if growth > MOST_GROWTH),
    ]
