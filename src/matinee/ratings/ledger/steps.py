"""The moments of closing a chunk at which a process may die; tests end it at each of them."""

from collections.abc import Callable
from typing import Literal, get_args

Step = Literal["prepared", "claiming", "claimed", "drafted", "published", "closing", "closed"]
"""In the order in which `ChunkLedger.close_next` comes by."""

STEPS: tuple[Step, ...] = get_args(Step)

OnStep = Callable[[Step], None]


def go_on(step: Step) -> None:
    """Do nothing at any step."""
