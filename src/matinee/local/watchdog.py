"""Starts the supervisor of a home again when it is killed or frozen: `python -m matinee.local.watchdog HOME`.

It is itself a program that the supervisor keeps running, so each of the two watches the other.
"""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from matinee.local import family, output, state
from matinee.local.state import ProcessState, State

LOOK_EVERY_S = 2.0
"""A supervisor that is frozen in two looks is killed."""


class Watchdog:
    """Looks at the supervisor of one home."""

    def __init__(self, home: Path, start_again: Callable[[], None]) -> None:
        self._home, self._start_again = home, start_again
        self._was_frozen = False
        self._held: dict[tuple[int, float], IO[bytes]] = {}

    def look(self) -> None:
        """Start the supervisor again if it has died; kill it when it has been frozen since the last look."""
        found = State.read(self._home)
        self._hold_pipes(found.processes if found else [])
        if found is None:  # it has ended because somebody wanted it to, or writes its state file anew
            return
        supervisor = found.supervisor()
        is_frozen = supervisor is not None and family.is_frozen(supervisor)
        if supervisor and is_frozen and self._was_frozen:
            supervisor.kill()
            supervisor.wait(family.KILL_S)
            supervisor, is_frozen = None, False
        self._was_frozen = is_frozen
        if supervisor is None:
            self._start_again()

    def _hold_pipes(self, processes: Iterable[ProcessState]) -> None:
        """Keep open, and do not read, what programs write to: until the next supervisor reads, they write to a buffer.

        Without a reader some of them end of it, as those of Airflow do.
        """
        running = {(each.pid, each.created) for each in processes if each.pid}
        for ended in self._held.keys() - running:
            self._held.pop(ended).close()
        for pid, created in running - self._held.keys():
            if pipe := output.pipe_of(pid):
                self._held[pid, created] = pipe


def start_again(home: Path) -> None:
    """Start a supervisor that takes over what runs in the home, unless another command is at work on it."""
    lock = state.take_lock(home)
    if lock is None:
        return
    with lock:
        start_supervisor(home, lock, os.environ)


def start_supervisor(home: Path, lock: IO[str], environment: Mapping[str, str]) -> None:
    """Start a supervisor in the background, and give it the lock of its home."""
    path = output.log_file(home, output.SUPERVISOR)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log_file:
        subprocess.run(
            [sys.executable, "-m", "matinee.local", str(lock.fileno())],
            # It belongs to none of its programs, although one of them may start it.
            env={name: value for name, value in environment.items() if name not in family.mark(home, "")},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            pass_fds=[lock.fileno()],
            start_new_session=True,
            check=True,
        )


def main(home: Path) -> None:
    """Look for ever; what a look finds wrong is told, and the next one tries again."""
    watchdog = Watchdog(home, lambda: start_again(home))
    while True:
        time.sleep(LOOK_EVERY_S)
        try:
            watchdog.look()
        except Exception:  # noqa: BLE001  nobody watches who looks but the supervisor, which may be dead
            with suppress(OSError):  # who would read it is dead
                traceback.print_exc()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
