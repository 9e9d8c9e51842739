"""What the supervisor's main thread does every few seconds, for what no watcher of a program sees."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import structlog

from matinee.local import family

log = structlog.get_logger()


class Upkeep:
    """Duties by name, done one after another. Nobody watches who does them, so none may end it."""

    def __init__(self, duties: dict[str, Callable[[], None]]) -> None:
        self._duties = duties
        self._failing: set[str] = set()

    def do(self) -> None:
        """Do every duty; one that fails keeps no other from its turn, and of failures in a row the first is told."""
        for name, duty in self._duties.items():
            try:
                duty()
            except Exception:
                if name not in self._failing:
                    log.exception("upkeep failed", duty=name)
                self._failing.add(name)
            else:
                self._failing.discard(name)


class FrozenProcesses:
    """Ends what is frozen in a home: whatever waits for it would wait for ever."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pids: set[int] = set()

    def end(self) -> None:
        """Kill what has been frozen since the last look."""
        found = family.frozen(self._home)
        for process in found:
            if process.pid in self._pids:
                log.warning("process frozen", pid=process.pid)
                with suppress(psutil.Error):
                    process.kill()
        self._pids = {process.pid for process in found}
