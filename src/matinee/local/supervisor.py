"""Keep programs running: start them in order, restart what crashes or hangs, end all of them without orphans.

Every program has a thread of its own (`watcher`). Start order follows `Program.after`; stop order is its mirror.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
import structlog

from matinee.local import output
from matinee.local.output import SUPERVISOR
from matinee.local.patience import Patience
from matinee.local.program import Program
from matinee.local.state import State
from matinee.local.upkeep import FrozenProcesses, Upkeep
from matinee.local.watcher import Watcher

log = structlog.get_logger()


class Supervisor:
    """Runs `programs` for `home` until `stop` is called."""

    def __init__(
        self,
        programs: Iterable[Program],
        home: Path,
        environment: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        left: State | None = None,
    ) -> None:
        """`left` is what a supervisor that has died has written: what still runs of it is taken over as it is."""
        self.home = home
        self.environment = dict(os.environ if environment is None else environment)
        self.patience = patience or Patience()
        self.stopping = threading.Event()
        known = {each.name: each for each in left.processes} if left else {}
        self.watchers = {each.name: Watcher(each, self, known.get(each.name)) for each in programs}
        self._recording = threading.Lock()
        self._is_recorded = True
        self._upkeep = Upkeep(
            {
                "state file": self._heal_record,
                "frozen processes": FrozenProcesses(home).end,
                "log file": lambda: output.rotate_own(output.log_file(home, SUPERVISOR)),
            }
        )

    def run(self) -> None:
        """Start everything, watch it until `stop`, end everything."""
        self.record()  # whoever looks for a supervisor finds this one from now on
        for watcher in self.watchers.values():
            watcher.start()
        for watcher in self.watchers.values():
            while watcher.is_alive():
                watcher.join(self.patience.heal_every_s)
                self._upkeep.do()

    def stop(self) -> None:
        """Ask `run` to end; safe in a signal handler."""
        self.stopping.set()

    def record(self) -> None:
        """Write what all programs do to the state file of the home; what a disk refuses now is written later."""
        with self._recording:
            try:
                State.of_this_process([watcher.state for watcher in self.watchers.values()]).write(self.home)
            except (OSError, psutil.Error) as error:
                if self._is_recorded:
                    log.warning("state file cannot be written", home=str(self.home), reason=str(error))
                self._is_recorded = False
            else:
                self._is_recorded = True

    def _heal_record(self) -> None:
        """Write the state file again when it is out of date, or somebody has damaged or removed it."""
        try:
            is_whole = self._is_recorded and State.read(self.home) is not None
        except OSError:
            self.record()  # in a file of its own, on other blocks
            raise
        if not is_whole:
            self.record()
