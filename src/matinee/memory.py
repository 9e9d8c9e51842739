"""How much memory a process may take: what the machine has, or less where a container or a setting says so.

And how a process that lives for months gives back what it does not need any more.
"""

import ctypes
import os
from pathlib import Path

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells the limit of a container (cgroup 2, cgroup 1)."""


def limit_bytes(setting_gb: float | None = None) -> int:
    """The least of the machine's memory, the container's limit and the setting (`MATINEE_MEMORY`, in GB)."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_of_container()]
    if setting_gb is not None:
        limits.append(int(setting_gb * 1e9))
    return min(limits)


def _of_container() -> list[int]:
    texts = [path.read_text().strip() for path in CGROUP_LIMITS if path.is_file()]
    return [int(text) for text in texts if text.isdecimal()]  # without a limit it says "max"


def return_freed_memory() -> None:
    """Give freed memory back to the system, where the C library keeps it and can be asked to (glibc); some ms."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
