"""The parent of a server's workers: forks them, restarts those that die or freeze, and ends them all.

It imports everything and loads nothing: what a fork shares are the pages of the program, and a process without threads,
connections and event loop can be forked at any time. Models are shared by mapping their files (`artifact.mapped`).

Every second each worker is pinged over its link, and answers from its event loop. One that has been silent for
`FROZEN_AFTER_S` answers nobody: it is killed, and the next one takes over its listening socket with all connections
that wait there.
"""

import gc
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable

import structlog

from matinee.serving.workers.group import PING, PING_INTERVAL_S, PONG
from matinee.serving.workers.link import WorkerProcess
from matinee.serving.workers.relay import Relay

log = structlog.get_logger()

STOP_GRACE_S = 8.0
"""How long workers may take to end after SIGTERM; longer than each of them gives its requests."""
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.05, 5.0
"""Delay before a dead worker is restarted; doubled each time that it dies early."""
SETTLED_S = 10.0
"""A worker that lived for so long did not die early."""

FROZEN_AFTER_S = 3.0
"""Silence after which a worker is taken for frozen."""
START_S = 60.0
"""The same for a worker that has not answered yet: it may be about to open its event loop on a busy machine."""
LATE_S = 1.0
"""A ping that was sent so late says that the parent itself was held up, and with it perhaps all workers."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_ALARM_BYTES = 1 << 16

ServeFunction = Callable[[int, socket.socket], None]
"""What a worker runs, given its number and its link to the parent."""


class Parent:
    """Keeps `n_workers` processes alive that run `serve`."""

    def __init__(self, n_workers: int, serve: ServeFunction) -> None:
        self._workers = [WorkerProcess(number) for number in range(n_workers)]
        self._relay = Relay(self._workers)
        self._serve = serve
        self._next_ping_at = time.monotonic()
        self._stopping = False
        # Not epoll: a child's changes to it would be the parent's.
        self._selector = selectors.PollSelector()
        self._alarm, self._alarm_writer = socket.socketpair()

    def run(self) -> None:
        """Return when SIGTERM or SIGINT has come and all workers have ended. In a worker this does not return."""
        gc.disable()
        gc.freeze()
        self._alarm_writer.settimeout(0)
        self._selector.register(self._alarm, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._alarm_writer.fileno())
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        while not self._stopping:
            self._start_missing()
            self._listen(max(0.0, self._next_event_at() - time.monotonic()))
            self._ping()
        self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _next_event_at(self) -> float:
        return min([self._next_ping_at, *(worker.start_at for worker in self._workers if worker.link is None)])

    def _start_missing(self) -> None:
        for worker in self._workers:
            if worker.link is None and worker.start_at <= time.monotonic():
                self._start(worker)

    def _start(self, worker: WorkerProcess) -> None:
        ours, theirs = socket.socketpair()
        # A signal that arrives between the fork and the child's own handlers must not get lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_a_worker()
            self._serve(worker.number, theirs)
            sys.exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        worker.connect(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, worker)

    def _become_a_worker(self) -> None:
        """Close all that is the parent's: a link that stays open here would hide the parent's death."""
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        for worker in self._workers:
            if worker.link is not None:
                worker.link.close()
        self._alarm.close()
        self._alarm_writer.close()
        gc.enable()

    def _listen(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            worker: WorkerProcess | None = key.data
            if worker is None:
                self._alarm.recv(_ALARM_BYTES)
            elif worker.link is not None:
                self._receive(worker)

    def _receive(self, worker: WorkerProcess) -> None:
        messages = worker.receive()
        if messages is None:
            self._reap(worker)
        for message in messages or ():
            if PONG in message:
                worker.heard_at = time.monotonic()
            else:
                self._relay.handle(worker, message)

    def _ping(self) -> None:
        """Ping all workers when it is time, and kill those that have been silent for too long."""
        now = time.monotonic()
        if now < self._next_ping_at:
            return
        is_late = now - self._next_ping_at > LATE_S
        self._next_ping_at = now + PING_INTERVAL_S
        for worker in self._workers:
            if is_late and worker.heard_at is not None:
                worker.heard_at = now
            silent_s = now - (worker.heard_at or worker.started_at)
            if worker.link is not None and silent_s > (START_S if worker.heard_at is None else FROZEN_AFTER_S):
                log.warning("worker_frozen", worker=worker.number, pid=worker.pid, silent_s=round(silent_s, 1))
                worker.kill()
            worker.send({PING: True})

    def _reap(self, worker: WorkerProcess) -> None:
        """Clean up after a worker whose link is closed: it is dead, or about to be."""
        self._disconnect(worker)
        worker.kill()
        _, status = os.waitpid(worker.pid, 0)
        now = time.monotonic()
        lived_s = now - worker.started_at
        worker.early_deaths = worker.early_deaths + 1 if lived_s < SETTLED_S else 0
        # Bounded, because a float ends at 2 ** 1023.
        worker.start_at = now + min(FIRST_BACKOFF_S * 2 ** min(worker.early_deaths, 16), LAST_BACKOFF_S)
        exit_code = os.waitstatus_to_exitcode(status)
        log.warning("worker_died", worker=worker.number, pid=worker.pid, exit_code=exit_code, lived_s=round(lived_s, 1))
        self._relay.answer_for_dead(worker)

    def _disconnect(self, worker: WorkerProcess) -> None:
        if worker.link is not None:
            self._selector.unregister(worker.link)
            worker.link.close()
            worker.link = None

    def _end_all(self) -> None:
        living = [worker for worker in self._workers if worker.link is not None]
        for worker in living:
            os.kill(worker.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_GRACE_S
        while living and time.monotonic() < deadline:
            living = [worker for worker in living if os.waitpid(worker.pid, os.WNOHANG) == (0, 0)]
            time.sleep(0.02)
        for worker in living:
            worker.kill()
            os.waitpid(worker.pid, 0)
