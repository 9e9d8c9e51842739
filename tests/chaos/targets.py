"""The processes of a home, by the part that they play."""

import os
import signal
from collections.abc import Callable

import psutil

from chaos.plan import Strike
from matinee.local import family
from matinee.local.state import State
from matinee.settings import Settings

STAGES = ("ingest", "train", "evaluate", "promote", "deploy")


class Targets:
    """Finds whom a strike hits."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home

    def hit(self, strike: Strike) -> list[int]:
        """Kill or freeze whom a strike means; returns the process ids, none when there is nobody."""
        found = sorted(self._find(strike.target), key=lambda process: process.pid)
        if found and strike.target != "everything":
            found = [found[int(strike.choice * len(found))]]
        number = signal.SIGKILL if strike.action == "kill" else signal.SIGSTOP
        return [process.pid for process in found if _send(process, number)]

    def _find(self, target: str) -> list[psutil.Process]:
        special: dict[str, Callable[[], list[psutil.Process]]] = {
            "api-parent": lambda: self._leader("api"),
            "api-worker": lambda: [child for leader in self._leader("api") for child in _children(leader)],
            "postgres-backend": lambda: [child for leader in self._leader("postgres") for child in _children(leader)],
            "task": self._tasks,
            "everything": lambda: [*family.marked(self._home), *family.working_in(self._home / "postgres")],
        }
        return special[target]() if target in special else self._leader(target)

    def _leader(self, name: str) -> list[psutil.Process]:
        state = State.read(self._home)
        found = [process for process in (state.processes if state else []) if process.name == name and process.pid]
        leaders = [family.find(process.pid or 0, process.created, process.identity) for process in found]
        return [leader for leader in leaders if leader is not None]

    def _tasks(self) -> list[psutil.Process]:
        return [process for process in family.marked(self._home, "airflow-scheduler") if _is_stage(process)]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children()
    except psutil.Error:
        return []


def _is_stage(process: psutil.Process) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(os.path.basename(word) == "matinee" for word in words[:2]) and any(  # noqa: PTH119  words, not paths
        stage in words for stage in STAGES
    )


def _send(process: psutil.Process, number: signal.Signals) -> bool:
    try:
        process.send_signal(number)
    except psutil.Error:
        return False
    return True
