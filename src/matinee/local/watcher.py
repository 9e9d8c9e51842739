"""The life of one program under the supervisor: wait for what it needs, start, watch, end, wait a little, again."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

import psutil
import structlog

from matinee.errors import MatineeError
from matinee.local import family, output
from matinee.local.output import Output
from matinee.local.program import Health, Program
from matinee.local.state import Phase, ProcessState

if TYPE_CHECKING:
    from matinee.local.supervisor import Supervisor

log = structlog.get_logger()

Running = subprocess.Popen[bytes] | psutil.Process
"""A process of the program: our child, or what another supervisor has left."""


class Watcher(threading.Thread):
    """The life of one program."""

    def __init__(self, program: Program, supervisor: "Supervisor", left: ProcessState | None = None) -> None:
        """`left` is what a supervisor that has died has written of the program; it is taken over if it still runs."""
        super().__init__(name=f"watch-{program.name}", daemon=True)
        self.program = program
        self.state = left or ProcessState(name=program.name, address=program.address)
        self._is_taken_over = left is not None
        self._left = family.find(left.pid, left.created, left.identity) if left and left.pid else None
        self.ready = threading.Event()
        self.ended = threading.Event()
        self._supervisor = supervisor
        self._patience = supervisor.patience
        self._output = Output(supervisor.home, program.name)
        self._crashes = 0
        self._ready_since: float | None = None

    def run(self) -> None:
        """Start, watch and restart until the supervisor stops."""
        if self.state.phase == "done":
            self.ready.set()
        elif self._is_taken_over and self._left is None:
            self._clear_away()
        while self.state.phase != "done" and (self._left or self._may_start()):
            problem = self._live_once_or_fail()
            if self._supervisor.stopping.is_set() or (self.program.once and not problem):
                break
            self._back_off(problem)
        if self.state.phase != "done":
            self._change(phase="stopped", pid=None)
        self._output.close()
        self.ended.set()

    def _clear_away(self) -> None:
        """End what a process has left that ended while nobody watched it, or of which nobody could write any more."""
        self._end(None)
        if self.state.pid:
            problem = "ended while there was no supervisor"
            self._change(phase="restarting", pid=None, restarts=self.state.restarts + 1, problem=problem)

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
        self._ready_since = None
        process: Running
        if self._left:
            process, self._left = self._taken_over(self._left), None
        else:
            self._change(phase="starting")
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
        self._output.follow(process.stdout)
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

    def _taken_over(self, process: psutil.Process) -> psutil.Process:
        self._output.follow(output.pipe_of(process.pid))
        self._change(phase=self.state.phase)
        return process

    def _watch(self, process: Running) -> str:
        """Return when the process ended, hangs or has to stop: what went wrong, or nothing."""
        last_good = time.monotonic()
        next_probe = last_good
        while not _has_ended(process):
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
        if isinstance(process, psutil.Process):
            return "ended"
        if self.program.once and process.returncode == 0:
            self._change(phase="done", pid=None)
            self.ready.set()
            return ""
        return f"ended with exit code {process.returncode}"

    def _hung_after_s(self) -> float:
        # A program that is starting may need long on a busy machine.
        own = self.program.hung_after_s if self.state.phase == "ready" else None
        return self._patience.hung_after_s if own is None else own

    def _probe(self) -> Health:
        """How the program is; what keeps us from asking, as a lack of memory does, says nothing about it."""
        try:
            health = self.program.probe() if self.program.probe else Health.UP
            warning = self._own_warning() if health is Health.UP else self.state.warning
        except Exception as error:
            health, warning = Health.UNKNOWN, f"It could not be asked how it is: {error!r}"
            if warning != self.state.warning:
                log.exception("probe failed", process=self.program.name)
        if warning != self.state.warning:
            self._change(warning=warning)
        if health is Health.UP and not self.ready.is_set():
            self._ready_since = time.monotonic()
            self.ready.set()
            self._change(phase="ready")
        return health

    def _own_warning(self) -> str:
        return self.program.warning() if self.program.warning else ""

    def _must_stop(self) -> bool:
        dependents = (w for w in self._supervisor.watchers.values() if self.program.name in w.program.after)
        return self._supervisor.stopping.is_set() and all(watcher.ended.is_set() for watcher in dependents)

    def _end(self, process: Running | None) -> None:
        """End the process with everything it started; without one, what carries the mark of the program."""
        alone = process is None or _has_ended(process)
        # Nobody keeps the number of a process that is not our child, once it has ended, from being given to a stranger.
        leader = process.pid if process and not (alone and isinstance(process, psutil.Process)) else None

        def members() -> Iterable[psutil.Process]:
            if isinstance(process, subprocess.Popen):
                process.poll()
            led = [] if leader is None else family.group(leader)
            found = chain(led, family.marked(self._supervisor.home, self.program.name))
            return {member.pid: member for member in found}.values()

        # What a crash left behind has nobody to work for; Airflow's idle workers even ignore TERM then.
        grace_s = self._patience.orphan_grace_s if alone else self._patience.stop_grace_s
        family.end(members, self.program.stop_signal, grace_s)
        if (folder := self.program.folder) is not None:
            family.end(lambda: family.working_in(folder), signal.SIGKILL, 0)
        if process:
            with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):  # it waits in the kernel for a device
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


def _has_ended(process: Running) -> bool:
    return process.poll() is not None if isinstance(process, subprocess.Popen) else not family.is_alive(process)
