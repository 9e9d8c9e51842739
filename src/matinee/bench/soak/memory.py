"""How much processes grow: their memory early in their life beside that at its end."""

import sys
from collections import defaultdict
from collections.abc import Mapping
from statistics import median

import psutil

WARM, LOOKED_AT = 30, 5
"""Days until a process has done everything once, a model of the default's size and a rollback included, and days of
which the median is taken."""


class Growth:
    """Memory of each server, life by life: a restart begins a new one."""

    def __init__(self) -> None:
        self._lives: dict[str, list[list[int]]] = defaultdict(lambda: [[]])

    def look(self, memory_bytes: Mapping[str, int]) -> None:
        """Note what each server takes, once a day."""
        for name, size in memory_bytes.items():
            self._lives[name][-1].append(size)

    def restarted(self, name: str) -> None:
        """Note that a server begins anew."""
        self._lives[name].append([])

    def by_server(self) -> dict[str, float]:
        """The largest growth of each server in one life, as a share; lives too short to tell are left out."""
        return {
            name: max(map(_growth, told))
            for name, lives in self._lives.items()
            if (told := [life for life in lives if len(life) >= WARM + 2 * LOOKED_AT])
        }


def _growth(life: list[int]) -> float:
    return median(life[-LOOKED_AT:]) / median(life[WARM : WARM + LOOKED_AT]) - 1


def family_of(pid: int) -> list[psutil.Process]:
    """A process and all that it has started, directly or not; nothing when it has ended."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def own_memory_bytes(pid: int) -> int:
    """Memory of a process and all that it has started which is theirs alone; what several share is none.

    Nor is what they have mapped to share it (PostgreSQL's buffers, of a fixed size), although only one has touched it.
    """
    return sum(map(_own, family_of(pid)))


def _own(process: psutil.Process) -> int:
    try:
        if sys.platform != "linux":  # which alone tells mappings apart
            return int(process.memory_full_info().uss)
        mappings = process.memory_maps(grouped=False)
        return sum(each.private_clean + each.private_dirty for each in mappings if each.perms.endswith("p"))
    except psutil.NoSuchProcess:
        return 0
