"""Find and end every process that belongs to a program, whichever group or session it moved to.

A process that is killed leaves its children behind: Airflow's task runners, the shell of a task (in a session of its
own), a server's workers. Two marks find them all: the process group that each program leads, and an environment
variable that every descendant inherits. PostgreSQL's backends have neither (a session each, and their title is written
over their environment), but the folder that they work in. None is a bare process id, so no stranger is ever ended.
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


def working_in(folder: Path) -> list[psutil.Process]:
    """Living processes whose working directory is `folder`, as that of each of PostgreSQL's is its data."""
    place = os.path.realpath(folder)
    return [process for process in psutil.process_iter() if _directory(process) == place and is_alive(process)]


def command_line(process: psutil.Process) -> list[str]:
    """The words of its command; none when it is gone by now, or somebody else's."""
    try:
        return process.cmdline()
    except (psutil.Error, OSError):
        return []


def identity(pid: int) -> str:
    """What tells process `pid` from a later one with its number, whatever happens to the clock; empty if unknown.

    It is the boot of the machine and the ticks from there to the start of the process (Linux, proc(5)).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{boot} {fields[19]}"


def find(pid: int, created: float, known_identity: str = "") -> psutil.Process | None:
    """Process `pid` if it is the one that was recorded, not a later one with its number.

    Args:
        pid: its number.
        created: when it was created, epoch seconds; only used where its identity is not known.
        known_identity: what `identity` said of it.
    """
    try:
        process = psutil.Process(pid)
        if known_identity and (found := identity(pid)):
            is_same = found == known_identity
        else:  # the clock of the machine may have been set a little since
            is_same = abs(process.create_time() - created) < 2.0
        return process if is_same and is_alive(process) else None
    except psutil.Error:
        return None


def is_frozen(process: psutil.Process) -> bool:
    """Whether `process` was stopped by a signal (SIGSTOP) and does nothing until somebody continues it."""
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def frozen(home: Path) -> list[psutil.Process]:
    """Frozen processes of `home`, those of PostgreSQL among them."""
    stopped = [process for process in psutil.process_iter() if is_frozen(process)]
    return [process for process in stopped if _belongs(process, home)]


def _belongs(process: psutil.Process, home: Path) -> bool:
    marked_home = _environment(process).get(MARK, "").partition(" ")[2]
    return marked_home == str(home) or _directory(process) == os.path.realpath(home / "postgres")


def is_alive(process: psutil.Process) -> bool:
    """Whether `process` runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(members: Callable[[], Iterable[psutil.Process]], stop_signal: signal.Signals, grace_s: float) -> None:
    """Signal all `members`, wait up to `grace_s` seconds until none is left, then kill those that are.

    What is frozen could not obey, and is killed at once.

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
            process.send_signal(signal.SIGKILL if is_frozen(process) else number)
        except psutil.Error:  # gone, or not ours to end
            continue


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):  # somebody else's, or gone
        return {}


def _directory(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return ""


def _group_of(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None
