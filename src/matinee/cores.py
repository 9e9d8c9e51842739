"""How many cores this process may use, and work in blocks on all of them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")


def n_cores() -> int:
    """Cores, where the system tells; macOS tells only how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_blocks(work: Callable[[slice], Made], n: int, size: int) -> list[Made]:
    """What `work` makes of each block of `size` of `n` rows, in order; blocks are worked on by a thread a core.

    That helps where `work` is NumPy's and SciPy's, which let other threads run meanwhile.
    """
    blocks = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    with ThreadPoolExecutor(n_cores()) as threads:
        return list(threads.map(work, blocks))
