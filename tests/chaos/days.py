"""One day after the other: `matinee next`, and what came of each."""

import json
import subprocess
import threading
import time
from dataclasses import dataclass, field

from running import MATINEE

HANGS_AFTER_S = 900.0


@dataclass
class Day:
    """One `matinee next`."""

    began: float
    """Monotonic."""
    began_at: float
    """Epoch seconds."""
    took_s: float
    code: int | None
    """Exit code; None of a day that hung."""
    outcome: str
    said: str

    def __str__(self) -> str:
        return f"{self.outcome} after {self.took_s:.0f} s (exit code {self.code}): {self.said[-300:]}"


@dataclass
class Days:
    """Days in a thread, for as long as the block runs."""

    environment: dict[str, str]
    days: list[Day] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the first day."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the day that has begun has ended."""
        self._stopped.set()
        if self._thread:
            self._thread.join()

    def ended_well_since(self, at: float) -> bool:
        """Whether `matinee next` has ended as a day that went through, after `at` (monotonic)."""
        return any(day.began + day.took_s > at and day.code in (0, 3) for day in list(self.days))

    def one(self) -> Day:
        """One more day."""
        began, began_at = time.monotonic(), time.time()
        try:
            done = subprocess.run(
                [MATINEE, "next", "--json"],
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=HANGS_AFTER_S,
            )
        except subprocess.TimeoutExpired:
            return Day(began, began_at, HANGS_AFTER_S, None, "hung", "")
        took_s = time.monotonic() - began
        outcome = (
            json.loads(done.stdout)["runs"][0]["outcome"] if done.returncode in (0, 3) and done.stdout else "failed"
        )
        return Day(began, began_at, took_s, done.returncode, outcome, done.stderr.strip()[-600:])

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.days.append(self.one())
