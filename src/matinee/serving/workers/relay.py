"""What the parent does with messages: it passes one on to all workers, and their answers back to the one that asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from matinee.serving.workers.group import PROBLEM, Message
from matinee.serving.workers.link import WorkerProcess


@dataclass
class _Broadcast:
    """A message to all workers, and the answers so far."""

    sender: WorkerProcess
    number: int
    missing: set[int]
    answers: list[Message] = field(default_factory=list)


class Relay:
    """The messages that are under way between `workers`."""

    def __init__(self, workers: Sequence[WorkerProcess]) -> None:
        self._workers = workers
        self._broadcasts: dict[int, _Broadcast] = {}
        self._n_broadcasts = 0

    def handle(self, worker: WorkerProcess, content: Message) -> None:
        """Pass on what `worker` has sent: a message to all, or its answer to one."""
        if "ask" in content:
            self._broadcast(worker, content["ask"], content["message"])
        elif content["deliver"] in self._broadcasts:
            self._collect(content["deliver"], worker, content["answer"])

    def answer_for_dead(self, dead: WorkerProcess) -> None:
        """Answer what a dead worker cannot answer any more, and forget what it has asked."""
        self._broadcasts = {token: each for token, each in self._broadcasts.items() if each.sender is not dead}
        for token in [token for token, each in self._broadcasts.items() if dead.number in each.missing]:
            self._collect(token, dead, {PROBLEM: f"worker {dead.number} died"})

    def _broadcast(self, sender: WorkerProcess, number: int, message: Message) -> None:
        self._n_broadcasts += 1
        token = self._n_broadcasts
        self._broadcasts[token] = _Broadcast(sender, number, {worker.number for worker in self._workers})
        for worker in self._workers:
            if worker.link is None:
                self._collect(token, worker, {PROBLEM: f"worker {worker.number} is being restarted"})
            else:
                worker.send({"deliver": token, "message": message})

    def _collect(self, token: int, worker: WorkerProcess, answer: Message) -> None:
        broadcast = self._broadcasts[token]
        broadcast.missing.discard(worker.number)
        broadcast.answers.append(answer)
        if not broadcast.missing:
            del self._broadcasts[token]
            broadcast.sender.send({"ask": broadcast.number, "answers": broadcast.answers})
