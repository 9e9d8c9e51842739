"""What is done to whom, and when: follows from a seed alone."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Action = Literal["kill", "freeze"]

WEIGHTS = {
    "api-worker": 4,
    "api-parent": 2,
    "mlflow": 2,
    "postgres": 1,
    "postgres-backend": 2,
    "airflow-api-server": 2,
    "airflow-scheduler": 2,
    "airflow-dag-processor": 1,
    "ui": 1,
    "supervisor": 2,
    "watchdog": 1,
    "task": 4,
    "everything": 1,
}
"""How often each target is chosen; `task` is a stage that is at work, `everything` all processes at once."""

FREEZES = 0.3
"""Part of the actions that are a SIGSTOP, after which nobody sends a SIGCONT; the others are a SIGKILL."""


@dataclass(frozen=True)
class Strike:
    """One action."""

    pause_s: float
    """Before it."""
    target: str
    action: Action
    choice: float
    """From 0 up to 1: which of several processes."""


def strikes(seed: int, interval_s: float) -> Iterator[Strike]:
    """Actions without end, on average one every `interval_s` seconds."""
    source = random.Random(seed)  # noqa: S311  no secret
    names, weights = list(WEIGHTS), list(WEIGHTS.values())
    while True:
        (target,) = source.choices(names, weights)
        freezes = source.random() < FREEZES and target != "everything"
        yield Strike(interval_s * source.uniform(0.5, 1.5), target, "freeze" if freezes else "kill", source.random())
