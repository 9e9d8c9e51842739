"""How many cores this process may use."""

import os


def n_cores() -> int:
    """Cores, where the system tells; macOS tells only how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
