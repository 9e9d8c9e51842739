"""The processes of a home, by the part that they play."""

import os
import signal
import time
from collections.abc import Callable

import psutil

from chaos.limits import Struck
from chaos.plan import Strike
from matinee.local import family
from matinee.local.state import State
from matinee.settings import Settings

STAGES = ("ingest", "train", "evaluate", "promote", "deploy", "challenge", "prune")

CHALLENGER = "challenger"
"""What the process of one challenger is at: it loses its day when it is struck, and is not tried again."""


class Targets:
    """Finds whom a strike hits."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home

    def hit(self, strike: Strike, number: int) -> Struck | None:
        """Kill or freeze whom a strike means; None when there is nobody. It is the `number`-th that hits."""
        found = sorted(self.find(strike.target), key=lambda process: process.pid)
        if found and strike.target != "everything":
            found = [found[int(strike.choice * len(found))]]
        stage = stage_of(found[0]) if found and strike.target == "task" else ""
        sent = signal.SIGKILL if strike.action == "kill" else signal.SIGSTOP
        at = time.monotonic()
        hit = tuple(process for process in found if _send(process, sent))
        return Struck(number, at, strike, hit, stage) if hit else None

    def find(self, target: str) -> list[psutil.Process]:
        """Living processes that a target means."""
        special: dict[str, Callable[[], list[psutil.Process]]] = {
            "api-parent": lambda: self.leader("api"),
            "api-worker": lambda: [child for leader in self.leader("api") for child in _children(leader)],
            "postgres-backend": lambda: [child for leader in self.leader("postgres") for child in _children(leader)],
            "task": self._tasks,
            "supervisor": self._supervisor,
            "everything": lambda: [*family.marked(self._home), *family.working_in(self._home / "postgres")],
        }
        return special[target]() if target in special else self.leader(target)

    def _supervisor(self) -> list[psutil.Process]:
        state = State.read(self._home)
        found = state.supervisor() if state else None
        return [found] if found else []

    def leader(self, name: str) -> list[psutil.Process]:
        """The living process of a program, if there is one."""
        state = State.read(self._home)
        found = [process for process in (state.processes if state else []) if process.name == name and process.pid]
        leaders = [family.find(process.pid or 0, process.created, process.identity) for process in found]
        return [leader for leader in leaders if leader is not None]

    def _tasks(self) -> list[psutil.Process]:
        return [process for process in family.marked(self._home, "airflow-scheduler") if stage_of(process)]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.Error:
        return []


def stage_of(process: psutil.Process) -> str:
    """The stage that a process of Airflow is at; empty for any other process."""
    words = family.command_line(process)
    if words[1:4] == ["-m", "matinee.cli", "challenge"]:
        return CHALLENGER
    is_stage = [os.path.basename(word) for word in words[1:2]] == ["matinee"]  # noqa: PTH119  words, not paths
    return next((stage for stage in words[2:3] if stage in STAGES), "") if is_stage else ""


def _send(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True
