"""People who read and rate all the while, with a timeout of a second and no second try, and what they saw."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import httpx

TIMEOUT_S = 1.0
READ_EVERY_S = 0.1
WRITE_EVERY_S = 0.2


@dataclass(frozen=True)
class Outage:
    """A time in which no read succeeded, though one was tried."""

    began: float
    """Monotonic: the last success before it."""
    lasted_s: float


@dataclass
class People:
    """A reader and a writer of an API server, each in a thread."""

    api: str
    n_reads: int = 0
    n_failed_reads: int = 0
    outages: list[Outage] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    """Users whose one rating was answered 201."""
    n_refused: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._write)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        last_good, failed = time.monotonic(), False
        while not self._stopped.wait(READ_EVERY_S):
            self.n_reads += 1
            path = f"/v1/users/u{self.n_reads % 60}/recommendations"
            if _succeeds(lambda path=path: httpx.get(f"{self.api}{path}", timeout=TIMEOUT_S, trust_env=False), 200):
                if failed:
                    self.outages.append(Outage(last_good, time.monotonic() - last_good))
                last_good, failed = time.monotonic(), False
            else:
                self.n_failed_reads += 1
                failed = True
        if failed:
            self.outages.append(Outage(last_good, time.monotonic() - last_good))

    def _write(self) -> None:
        for number in count():
            if self._stopped.wait(WRITE_EVERY_S):
                return
            rating = {"user_id": f"chaos{number}", "movie_id": f"m{number % 40}", "rating": 4}
            if _succeeds(lambda rating=rating: self._post(rating), 201):
                self.acknowledged.append(f"chaos{number}")
            else:
                self.n_refused += 1

    def _post(self, rating: dict[str, object]) -> httpx.Response:
        return httpx.post(f"{self.api}/v1/ratings", json=rating, timeout=TIMEOUT_S, trust_env=False)


def _succeeds(ask: Callable[[], httpx.Response], status: int) -> bool:
    try:
        return ask().status_code == status
    except httpx.HTTPError:
        return False
