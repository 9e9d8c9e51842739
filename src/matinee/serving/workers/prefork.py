"""The parent of a server's workers: forks them, restarts dead ones, ends them all, and passes their messages on.

It imports everything and loads nothing: what a fork shares are the pages of the program, and a process without threads,
connections and event loop can be forked at any time. Models are shared by mapping their files (`artifact.mapped`).
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from matinee.serving.workers.group import PROBLEM, Message, line

log = structlog.get_logger()

STOP_GRACE_S = 8.0
"""How long workers may take to end after SIGTERM; longer than each of them gives its requests."""
FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.05, 5.0
"""Delay before a dead worker is restarted; doubled each time that it dies early."""
SETTLED_S = 10.0
"""A worker that lived for so long did not die early."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BLOCK_BYTES = 1 << 16

ServeFunction = Callable[[int, socket.socket], None]
"""What a worker runs, given its number and its link to the parent."""


@dataclass
class _Worker:
    """One of the `n_workers` places, and the process that fills it."""

    number: int
    pid: int = 0
    link: socket.socket | None = None
    """None while no process lives."""
    received: bytes = b""
    started_at: float = 0.0
    start_at: float = 0.0
    early_deaths: int = 0


@dataclass
class _Broadcast:
    """A message to all workers, and the answers so far."""

    sender: _Worker
    number: int
    missing: set[int]
    answers: list[Message] = field(default_factory=list)


class Parent:
    """Keeps `n_workers` processes alive that run `serve`."""

    def __init__(self, n_workers: int, serve: ServeFunction) -> None:
        self._workers = [_Worker(number) for number in range(n_workers)]
        self._serve = serve
        self._broadcasts: dict[int, _Broadcast] = {}
        self._n_broadcasts = 0
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
            self._listen(self._next_start_in_s())
        self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    # -- processes -----------------------------------------------------------------------------------------------------

    def _start_missing(self) -> None:
        for worker in self._workers:
            if worker.link is None and worker.start_at <= time.monotonic():
                self._start(worker)

    def _next_start_in_s(self) -> float | None:
        starts = [worker.start_at for worker in self._workers if worker.link is None]
        return max(0.0, min(starts) - time.monotonic()) if starts else None

    def _start(self, worker: _Worker) -> None:
        ours, theirs = socket.socketpair()
        # A signal that arrives between the fork and the child's own handlers must not get lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        worker.pid = os.fork()
        if worker.pid == 0:
            ours.close()
            self._become_a_worker()
            self._serve(worker.number, theirs)
            sys.exit(0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        theirs.close()
        ours.settimeout(0)
        worker.link, worker.received, worker.started_at = ours, b"", time.monotonic()
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

    def _reap(self, worker: _Worker) -> None:
        """Clean up after a worker whose link is closed: it is dead, or about to be."""
        self._disconnect(worker)
        os.kill(worker.pid, signal.SIGKILL)
        _, status = os.waitpid(worker.pid, 0)
        now = time.monotonic()
        lived_s = now - worker.started_at
        worker.early_deaths = worker.early_deaths + 1 if lived_s < SETTLED_S else 0
        worker.start_at = now + min(FIRST_BACKOFF_S * 2**worker.early_deaths, LAST_BACKOFF_S)
        exit_code = os.waitstatus_to_exitcode(status)
        log.warning("worker_died", worker=worker.number, pid=worker.pid, exit_code=exit_code, lived_s=round(lived_s, 1))
        self._answer_for_dead(worker)

    def _disconnect(self, worker: _Worker) -> None:
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
            os.kill(worker.pid, signal.SIGKILL)
            os.waitpid(worker.pid, 0)

    # -- messages ------------------------------------------------------------------------------------------------------

    def _listen(self, timeout_s: float | None) -> None:
        for key, _ in self._selector.select(timeout_s):
            worker: _Worker | None = key.data
            if worker is None:
                self._alarm.recv(_BLOCK_BYTES)
            elif worker.link is not None:
                self._receive(worker, worker.link)

    def _receive(self, worker: _Worker, link: socket.socket) -> None:
        try:
            block = link.recv(_BLOCK_BYTES)
        except ConnectionError:
            block = b""
        if not block:
            self._reap(worker)
            return
        *lines, worker.received = (worker.received + block).split(b"\n")
        for each in lines:
            self._handle(worker, json.loads(each))

    def _handle(self, worker: _Worker, content: Message) -> None:
        if "ask" in content:
            self._broadcast(worker, content["ask"], content["message"])
        elif content["deliver"] in self._broadcasts:
            self._collect(content["deliver"], worker, content["answer"])

    def _broadcast(self, sender: _Worker, number: int, message: Message) -> None:
        self._n_broadcasts += 1
        token = self._n_broadcasts
        self._broadcasts[token] = _Broadcast(sender, number, {worker.number for worker in self._workers})
        for worker in self._workers:
            if worker.link is None:
                self._collect(token, worker, {PROBLEM: f"worker {worker.number} is being restarted"})
            else:
                self._send(worker, {"deliver": token, "message": message})

    def _collect(self, token: int, worker: _Worker, answer: Message) -> None:
        broadcast = self._broadcasts[token]
        broadcast.missing.discard(worker.number)
        broadcast.answers.append(answer)
        if not broadcast.missing:
            del self._broadcasts[token]
            self._send(broadcast.sender, {"ask": broadcast.number, "answers": broadcast.answers})

    def _answer_for_dead(self, dead: _Worker) -> None:
        self._broadcasts = {token: each for token, each in self._broadcasts.items() if each.sender is not dead}
        for token in [token for token, each in self._broadcasts.items() if dead.number in each.missing]:
            self._collect(token, dead, {PROBLEM: f"worker {dead.number} died"})

    def _send(self, worker: _Worker, content: Message) -> None:
        """Send, or kill a worker that does not read: its death is noticed like any other."""
        if worker.link is None:
            return
        try:
            worker.link.sendall(line(content))
        except OSError as error:
            log.warning("worker_does_not_read", worker=worker.number, error=str(error))
            os.kill(worker.pid, signal.SIGKILL)
