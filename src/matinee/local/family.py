"""Find and end every process that belongs to a program, whichever group or session it moved to.

A process that is killed leaves its children behind: Airflow's task runners, the shell of a task (in a session of its
own), a server's workers. Two marks find them all: the process group that each program leads, and an environment
variable that every descendant inherits. Neither is a bare process id, so no stranger is ever ended.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

MARK = "_MATINEE_PROCESS"
"""Environment variable in everything the supervisor starts: `<program> <home>`."""

POLL_S = 0.05
KILL_S = 5.0
"""What still is there so long after a kill waits in the kernel for a device; nobody can end it."""


def mark(home: Path, program: str) -> dict[str, str]:
    """Environment that marks `program` of `home` and all that it will start."""
    # setproctitle, which Airflow uses, would otherwise overwrite the environment that others see.
    return {MARK: f"{program} {home}", "SPT_NOENV": "1"}


def marked(home: Path, program: str | None = None) -> list[psutil.Process]:
    """Living processes that carry the mark of `home`, of one program or of any."""
    found = []
    for process in psutil.process_iter():
        name, _, place = _environment(process).get(MARK, "").partition(" ")
        if place == str(home) and program in (None, name) and is_alive(process):
            found.append(process)
    return found


def group(leader_pid: int) -> list[psutil.Process]:
    """Living processes of the process group that `leader_pid` leads or led."""
    return [process for process in psutil.process_iter() if _group_of(process) == leader_pid and is_alive(process)]


def find(pid: int, created: float) -> psutil.Process | None:
    """Process `pid` if it is the one that was created at `created` (epoch seconds), not a later one with its number."""
    try:
        process = psutil.Process(pid)
        # The clock of the machine may have been set a little since.
        return process if is_alive(process) and abs(process.create_time() - created) < 2.0 else None
    except psutil.Error:
        return None


def is_alive(process: psutil.Process) -> bool:
    """Whether `process` runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(members: Callable[[], Iterable[psutil.Process]], stop_signal: signal.Signals, grace_s: float) -> None:
    """Signal all `members`, wait up to `grace_s` seconds until none is left, then kill those that are.

    `members` is asked again and again, because a process that is told to stop may still start another.
    """
    _signal(members(), stop_signal)
    deadline = time.monotonic() + grace_s
    while (left := list(members())) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    deadline = time.monotonic() + KILL_S
    while left and time.monotonic() < deadline:
        _signal(left, signal.SIGKILL)
        time.sleep(POLL_S)
        left = list(members())


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:  # gone, or not ours to end
            continue


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):  # somebody else's, or gone
        return {}


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None
