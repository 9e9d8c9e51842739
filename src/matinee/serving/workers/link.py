"""One worker as its parent sees it: a process, and the socket to it, on which lines of JSON travel (`group`)."""

import json
import os
import signal
import socket
import time
from dataclasses import dataclass

import structlog

from matinee.serving.workers.group import Message, line

log = structlog.get_logger()

_BLOCK_BYTES = 1 << 16


@dataclass
class WorkerProcess:
    """One of the places among the workers, and the process that fills it."""

    number: int
    pid: int = 0
    link: socket.socket | None = None
    """None while no process lives."""
    started_at: float = 0.0
    heard_at: float | None = None
    """When it last answered a ping; None before it has answered one. Monotonic seconds, as all times here."""
    start_at: float = 0.0
    """When the next process may be started."""
    early_deaths: int = 0
    _received: bytes = b""

    def connect(self, pid: int, link: socket.socket) -> None:
        """Take note of a process that has just been started."""
        link.settimeout(0)
        self.pid, self.link, self._received = pid, link, b""
        self.started_at, self.heard_at = time.monotonic(), None

    def send(self, content: Message) -> None:
        """Send, or kill a worker that does not read: its death is noticed like any other."""
        if self.link is None:
            return
        try:
            self.link.sendall(line(content))
        except OSError as error:
            log.warning("worker_does_not_read", worker=self.number, error=str(error))
            self.kill()

    def receive(self) -> list[Message] | None:
        """Messages that have arrived; None when the link is closed."""
        if self.link is None:
            return None
        try:
            block = self.link.recv(_BLOCK_BYTES)
        except ConnectionError:
            return None
        if not block:
            return None
        *lines, self._received = (self._received + block).split(b"\n")
        return [json.loads(each) for each in lines]

    def kill(self) -> None:
        """End the process at once; its closed link tells of it."""
        os.kill(self.pid, signal.SIGKILL)
