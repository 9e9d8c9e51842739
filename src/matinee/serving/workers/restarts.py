"""How often the supervisor of the home has started each program again, as its state file says."""

import json
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

STATE_FILE = "supervisor.json"
"""In the home; `local.state` writes it."""


def supervisor_pid(state_file: Path) -> int | None:
    """Number of the process that has written a state file last; None while it cannot be read."""
    try:
        return int(json.loads(state_file.read_text())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Restarts(Collector):
    """One counter per program; none without a supervisor, as in containers, or while its file cannot be read."""

    def __init__(self, home: Path) -> None:
        self._path = home / STATE_FILE

    def collect(self) -> Iterable[Metric]:
        """Read the state file."""
        counted = CounterMetricFamily(
            "matinee_restarts", "Crashed or hung programs that the supervisor started again.", labels=["program"]
        )
        for program, n_restarts in self._read().items():
            counted.add_metric([program], n_restarts)
        yield counted

    def _read(self) -> dict[str, int]:
        try:
            programs = json.loads(self._path.read_text())["processes"]
            return {each["name"]: int(each["restarts"]) for each in programs}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
