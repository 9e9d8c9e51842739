"""Keep programs running: start them in order, restart what crashes or hangs, end all of them without orphans.

Every program has a thread of its own that does one thing after another (wait for what it needs, start, watch, end,
wait a little, again), so each rule stands in one place. Start order follows `Program.after`; stop order is its mirror.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import psutil
import structlog

from matinee.errors import MatineeError
from matinee.local import family, output
from matinee.local.output import SUPERVISOR, Output
from matinee.local.program import Health, Program
from matinee.local.state import Phase, ProcessState, State
from matinee.local.upkeep import FrozenProcesses, Upkeep

log = structlog.get_logger()


@dataclass(frozen=True)
class Patience:
    """How long the supervisor waits for what; all in seconds."""

    tick_s: float = 0.1
    first_probes_every_s: float = 0.5
    """Between two probes of a program that is starting."""
    probe_every_s: float = 5.0
    """Between two probes of a program that is ready."""
    heal_every_s: float = 2.0
    """Between two looks whether the state file can still be read, and whether a process is frozen; one that is frozen
    in two looks is killed."""
    hung_after_s: float = 180.0
    """Without a good answer a program is hung: one that is starting, and one that names no time of its own."""
    stop_grace_s: float = 15.0
    orphan_grace_s: float = 1.0
    """For the descendants of a process that ended by itself."""
    first_backoff_s: float = 0.5
    last_backoff_s: float = 15.0
    settled_s: float = 10.0
    """A program that was ready for so long starts with a clean record when it crashes: whatever ends it four times in
    two minutes, and lets it work in between, must not keep it away for `last_backoff_s`."""
    failed_after: int = 5
    """Crashes in a row (a count) that make a program failed; it is then tried once per `last_backoff_s`."""


class Supervisor:
    """Runs `programs` for `home` until `stop` is called."""

    def __init__(
        self,
        programs: Iterable[Program],
        home: Path,
        environment: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.home = home
        self.environment = dict(os.environ if environment is None else environment)
        self.patience = patience or Patience()
        self.stopping = threading.Event()
        self.watchers = {program.name: Watcher(program, self) for program in programs}
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


class Watcher(threading.Thread):
    """The life of one program."""

    def __init__(self, program: Program, supervisor: Supervisor) -> None:
        super().__init__(name=f"watch-{program.name}", daemon=True)
        self.program = program
        self.state = ProcessState(name=program.name, address=program.address)
        self.ready = threading.Event()
        self.ended = threading.Event()
        self._supervisor = supervisor
        self._patience = supervisor.patience
        self._output = Output(supervisor.home, program.name)
        self._crashes = 0
        self._ready_since: float | None = None

    def run(self) -> None:
        """Start, watch and restart until the supervisor stops."""
        while self._may_start():
            problem = self._live_once_or_fail()
            if self._supervisor.stopping.is_set() or (self.program.once and not problem):
                break
            self._back_off(problem)
        if self.state.phase != "done":
            self._change(phase="stopped", pid=None)
        self._output.close()
        self.ended.set()

    def _live_once_or_fail(self) -> str:
        """The same as `_live_once`; what nobody expected is a crash of the program, never the end of its watcher."""
        try:
            return self._live_once()
        except Exception as error:
            log.exception("watching failed", process=self.program.name)
            return f"could not be watched: {error!r}"

    def _may_start(self) -> bool:
        """Wait until everything this program needs is ready; false when the supervisor stops first."""
        needed = [self._supervisor.watchers[name].ready for name in self.program.after]
        while not self._supervisor.stopping.is_set():
            if all(event.is_set() for event in needed):
                return True
            time.sleep(self._patience.tick_s)
        return False

    def _live_once(self) -> str:
        """From start to end of one process; returns what went wrong, or nothing."""
        self._change(phase="starting")
        self._ready_since = None
        try:
            process = self._start()
        except (MatineeError, OSError, subprocess.SubprocessError) as error:
            return str(error)
        problem = "could not be watched"
        try:
            problem = self._watch(process)
        finally:
            if self._ready_since and time.monotonic() - self._ready_since > self._patience.settled_s:
                self._crashes = 0
            if problem or not self.program.once:
                self.ready.clear()
            if self._supervisor.stopping.is_set() or problem:
                self._change(phase="stopping" if self._supervisor.stopping.is_set() else "restarting")
            self._end(process)
        return problem

    def _start(self) -> subprocess.Popen[bytes]:
        if self.program.prepare:
            self.program.prepare()
        process = subprocess.Popen(
            self.program.command,
            env=self._supervisor.environment
            | dict(self.program.environment)
            | family.mark(self._supervisor.home, self.program.name),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._output.follow(process)
        with suppress(OSError):  # it has ended already, or may not be nicer than we are
            os.setpriority(os.PRIO_PROCESS, process.pid, os.getpriority(os.PRIO_PROCESS, 0) + self.program.niceness)
        self._change(
            pid=process.pid,
            created=psutil.Process(process.pid).create_time(),
            identity=family.identity(process.pid),
            started_at=time.time(),
            warning="",
        )
        return process

    def _watch(self, process: subprocess.Popen[bytes]) -> str:
        """Return when the process ended, hangs or has to stop: what went wrong, or nothing."""
        last_good = time.monotonic()
        next_probe = last_good
        while process.poll() is None:
            if self._must_stop():
                return ""
            if time.monotonic() >= next_probe and not self.program.once:
                if self._probe() is not Health.DOWN:
                    last_good = time.monotonic()
                hung_after_s = self._hung_after_s()
                if time.monotonic() - last_good > hung_after_s:
                    return f"did not answer for {hung_after_s:.0f} s"
                pause_s = self._patience.probe_every_s if self.ready.is_set() else self._patience.first_probes_every_s
                next_probe = time.monotonic() + pause_s
            time.sleep(self._patience.tick_s)
        if self.program.once and process.returncode == 0:
            self._change(phase="done", pid=None)
            self.ready.set()
            return ""
        return f"ended with exit code {process.returncode}"

    def _hung_after_s(self) -> float:
        # A program that is starting may need long on a busy machine.
        own = self.program.hung_after_s if self.ready.is_set() else None
        return self._patience.hung_after_s if own is None else own

    def _probe(self) -> Health:
        health = self.program.probe() if self.program.probe else Health.UP
        if health is Health.UP and self.program.warning:
            warning = self.program.warning()
            if warning != self.state.warning:
                self._change(warning=warning)
        if health is Health.UP and not self.ready.is_set():
            self._ready_since = time.monotonic()
            self.ready.set()
            self._change(phase="ready")
        return health

    def _must_stop(self) -> bool:
        dependents = (w for w in self._supervisor.watchers.values() if self.program.name in w.program.after)
        return self._supervisor.stopping.is_set() and all(watcher.ended.is_set() for watcher in dependents)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End the process with everything it started."""

        def members() -> Iterable[psutil.Process]:
            process.poll()
            found = chain(family.group(process.pid), family.marked(self._supervisor.home, self.program.name))
            return {member.pid: member for member in found}.values()

        alone = process.poll() is not None
        # What a crash left behind has nobody to work for; Airflow's idle workers even ignore TERM then.
        grace_s = self._patience.orphan_grace_s if alone else self._patience.stop_grace_s
        family.end(members, self.program.stop_signal, grace_s)
        if (folder := self.program.folder) is not None:
            family.end(lambda: family.working_in(folder), signal.SIGKILL, 0)
        with suppress(subprocess.TimeoutExpired):  # it waits in the kernel for a device, and nobody can end it
            process.wait(family.KILL_S)

    def _back_off(self, problem: str) -> None:
        """Record the crash and wait: twice as long after each one in a row."""
        self._crashes += 1
        failed = self._crashes >= self._patience.failed_after
        log.warning("process ended", process=self.program.name, problem=problem, crashes_in_a_row=self._crashes)
        self._output.say(f"matinee: {self.program.name} {problem}")
        self._change(
            phase="failed" if failed else "restarting",
            pid=None,
            restarts=self.state.restarts + 1,
            problem="\n".join([problem, *self._output.last_lines()]),
        )
        delay_s = self._patience.first_backoff_s * 2 ** min(self._crashes - 1, 16)
        self._supervisor.stopping.wait(
            self._patience.last_backoff_s if failed else min(delay_s, self._patience.last_backoff_s)
        )

    def _change(self, **fields: object) -> None:
        phase: Phase | None = fields.get("phase")  # type: ignore[assignment]
        for name, value in fields.items():
            setattr(self.state, name, value)
        if phase:
            log.info("process", name=self.program.name, phase=phase, pid=self.state.pid)
        self._supervisor.record()
