"""What is wrong with a worker, for readiness and metrics."""

import os
import shutil
from pathlib import Path

from matinee.serving.workers.restarts import STATE_FILE, supervisor_pid

DISK_RESERVE_BYTES = 1 << 20
"""A disk with less free space is full: a rating may not be stored any more."""

SUPERVISED = "_MATINEE_PROCESS"
"""Variable in the environment of all that the supervisor of a home starts (`local.family`)."""


class WorkerHealth:
    """The problems of one worker, each under the name of the part that has it."""

    def __init__(self, home: Path) -> None:
        """Watch the disk of `home` too, and its supervisor if one has started this process."""
        self.home = home
        self.was_ready = False
        """Whether readiness was told once: what serves people goes on when their first model is late or refused."""
        self._supervisor_file = home / STATE_FILE if SUPERVISED in os.environ else None
        self._problems: dict[str, str] = {}

    def report(self, part: str, problem: str | None) -> None:
        """Remember what is wrong with a part; None when it is well again."""
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem

    def free_bytes(self) -> int:
        """Space that is left for the home; 0 where nothing can be written."""
        try:
            return free_bytes(self.home)
        except OSError:
            return 0

    def problems(self) -> dict[str, str]:
        """What is wrong now, by part; the disk and the supervisor are looked at each time."""
        looked_at = {"disk": disk_problem(self.home), "supervisor": self._supervisor_problem()}
        return self._problems | {part: problem for part, problem in looked_at.items() if problem}

    def _supervisor_problem(self) -> str | None:
        pid = supervisor_pid(self._supervisor_file) if self._supervisor_file else None
        if pid is None or _lives(pid):
            return None
        return "The supervisor has died. Unless it is back in 10 s, run `matinee down` and `matinee up`."


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:  # there is none, or it is somebody else's, who was given its number
        return False
    return True


def free_bytes(home: Path) -> int:
    """Space that is left for the home; 0 where nothing can be written."""
    if not os.access(home, os.W_OK):
        return 0
    return shutil.disk_usage(home).free


def disk_problem(home: Path) -> str | None:
    """What keeps a home from being written to; None when nothing does."""
    try:
        free = free_bytes(home)
    except OSError as error:
        return f"The disk of {home} cannot be used: {error}."
    if free >= DISK_RESERVE_BYTES:
        return None
    return f"The disk of {home} is full or read-only ({free >> 20} MB are free): ratings and models may not be stored."
