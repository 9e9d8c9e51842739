"""What runs in a home: a state file written by the supervisor, and the lock that only one supervisor can hold.

The lock is the kernel's (`flock`): it goes when its holder goes, however that ends. `up` takes it, prepares, and hands
it to the supervisor that it starts (an open file is inherited with its lock), so two `up`s at once are safe.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

import psutil

from matinee.local import family

Phase = Literal["waiting", "starting", "ready", "restarting", "failed", "stopping", "stopped", "done"]


@dataclass
class ProcessState:
    """What one program does."""

    name: str
    phase: Phase = "waiting"
    address: str = ""
    pid: int | None = None
    created: float = 0.0
    """When the operating system created `pid`, epoch seconds."""
    identity: str = ""
    """Of `pid`; tells it from a later process with the same number (`family.identity`)."""
    started_at: float = 0.0
    restarts: int = 0
    problem: str = ""
    """Why it ended last, followed by its last lines."""
    warning: str = ""
    """What does not work although it runs, as it says itself."""


@dataclass
class State:
    """What the supervisor of a home has written about itself and its programs."""

    pid: int
    created: float
    processes: list[ProcessState]
    identity: str = ""

    @classmethod
    def of_this_process(cls, processes: Iterable[ProcessState]) -> "State":
        """State whose supervisor is the process that asks."""
        pid = os.getpid()
        return cls(pid, psutil.Process().create_time(), list(processes), family.identity(pid))

    @classmethod
    def read(cls, home: Path) -> "State | None":
        """State of `home`, or nothing when no supervisor has left one that can be read."""
        try:
            data = json.loads(_state_file(home).read_text())
            processes = [ProcessState(**process) for process in data["processes"]]
            return cls(data["pid"], data["created"], processes, data.get("identity", ""))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, home: Path) -> None:
        """Replace the state file of `home` in one step."""
        path = _state_file(home)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), indent=2))
        draft.replace(path)

    def supervisor(self) -> psutil.Process | None:
        """The supervisor, if it still runs."""
        return family.find(self.pid, self.created, self.identity)


def is_broken(home: Path) -> bool:
    """Whether the state file of `home` is there and cannot be read, as after a power cut."""
    return State.read(home) is None and _state_file(home).exists()


def forget(home: Path) -> None:
    """Remove the state file of `home`."""
    _state_file(home).unlink(missing_ok=True)


def take_lock(home: Path) -> IO[str] | None:
    """The lock of `home` as an open file, or nothing when somebody holds it."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "supervisor.lock").open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _state_file(home: Path) -> Path:
    return home / "supervisor.json"
