"""Day after day of one home, and at the end beside a fresh home with the same ratings."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from matinee import clock
from matinee.bench.ports import free_port
from matinee.bench.soak.audit import audit
from matinee.bench.soak.memory import Growth
from matinee.bench.soak.people import RATINGS_A_DAY, People
from matinee.bench.soak.simulated_clock import SimulatedClock
from matinee.bench.soak.simulated_home import SimulatedHome
from matinee.ratings.ledger import ChunkLedger
from matinee.settings import Settings

SMALL, DEFAULT, DAYS_BETWEEN_DEFAULTS = "als", "blend", 30
DAYS_BETWEEN_ROLLBACKS, DAYS_BETWEEN_RESTARTS, FIRST_RESTART = 25, 90, 10
SPEAK_AT = (7, 12, 18, 23)
"""Hours at which a quarter of the day's ratings is said each."""
PROCESSED_AT = timedelta(hours=2)
"""After midnight, when grace is over."""
MOST_COMPARED, DAYS_FOR_ONE_COMPARED = 7, 30
"""At most so many days are lived by both homes, one after the other, at the end; and how many lived days give one."""
SETTLING_DAYS = 2
"""Days that both live before they are compared: until then a fresh home has no version that served before another, and
so less to do than on any later day."""


@dataclass
class Record:
    """What was measured, day by day."""

    day_s: list[float] = field(default_factory=list)
    """Days of the small model only."""
    home_gb: list[float] = field(default_factory=list)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)


class Years:
    """A soak: `live` it, then `compare` with a fresh home."""

    def __init__(self, folder: Path, n_days: int, tell: Callable[[str], None]) -> None:
        self.folder, self.n_days, self._tell = folder, n_days, tell
        self._clock_path = folder / "clock"
        self._clock = SimulatedClock(self._clock_path)
        self._today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._n_compared = max(1, min(MOST_COMPARED, n_days // DAYS_FOR_ONE_COMPARED))
        self.people = People(folder / "source", n_days + SETTLING_DAYS + self._n_compared, self._today)
        self.record, self._growth = Record(), Growth()

    def run(self) -> dict[str, Any]:
        """Live all days, and return the figures of `bench/soak.py --json`."""
        self._clock.move_to(self._today + PROCESSED_AT)
        with clock.pretended(self._clock.now), self._home("home", self.people.ratings_path).running() as home:
            home.process_day("bootstrap", SMALL)
            for day in range(1, self.n_days + 1):
                self._live(home, day)
            day_s_ratio = self._compared(home)
            with home.client() as client:
                found = audit(home.settings, client, self.people.truth)
            size_gb = home.size_bytes() / 1e9
        growths = self._growth.by_server().values()
        return {
            "days": self.n_days,
            "home_gb": round(size_gb, 3),
            "day_s_ratio": round(day_s_ratio, 3),
            "rss_growth": round(max(growths), 3) if growths else None,
            **found._asdict(),
        }

    def _live(self, home: SimulatedHome, day: int) -> None:
        if day % DAYS_BETWEEN_RESTARTS == FIRST_RESTART:
            home.restart_api()
            self._growth.restarted("api")
        self._day_of_people([home], day)
        is_large = day % DAYS_BETWEEN_DEFAULTS == 0
        took_s = home.process_day(f"day-{day}", DEFAULT if is_large else SMALL)
        if day % DAYS_BETWEEN_ROLLBACKS == 0:
            home.go_back()
        self._note(home, day, sum(took_s.values()), is_large=is_large)

    def _note(self, home: SimulatedHome, day: int, took_s: float, *, is_large: bool) -> None:
        memory = home.memory_bytes()
        self._growth.look(memory)
        if not is_large:
            self.record.day_s.append(took_s)
        self.record.home_gb.append(home.size_bytes() / 1e9)
        for name, size in memory.items():
            self.record.memory_mb.setdefault(name, []).append(size / 1e6)
        told = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in memory.items())
        self._tell(f"day {day}: {took_s:.2f} s, home {self.record.home_gb[-1]:.3f} GB, {told}")

    def _day_of_people(self, homes: list[SimulatedHome], day: int) -> None:
        """What people do on one day, the same in each home; the clock ends where the next day is processed."""
        with ExitStack() as stack:
            clients = [stack.enter_context(home.client()) for home in homes]
            for hour in SPEAK_AT:
                now = self._today + timedelta(hours=hour)
                self._clock.move_to(now)
                self.people.speak(clients, RATINGS_A_DAY // len(SPEAK_AT), now)
            self.people.take_back(clients, day)
            self.people.look([home.settings.api for home in homes])
        self._today += timedelta(days=1)
        self._clock.move_to(self._today + PROCESSED_AT)

    def _compared(self, home: SimulatedHome) -> float:
        """A day of this home as a multiple of the same day of a fresh home: the median of days that both live."""
        ledger = ChunkLedger(home.settings)
        ratings = ledger.ratings_through(len(ledger.chunks()))
        path = self.folder / "source" / "all.parquet"
        ratings.select("user_id", "movie_id", "rating", "rated_at").write_parquet(path)
        old, new = [], []
        with self._home("fresh", path).running() as fresh:
            fresh.process_day("bootstrap", SMALL)
            for day in range(self.n_days + 1, self.n_days + 1 + SETTLING_DAYS + self._n_compared):
                self._day_of_people([home, fresh], day)
                old.append(home.process_day(f"day-{day}", SMALL))
                new.append(fresh.process_day(f"day-{day}", SMALL))
                self._tell(f"day {day}: {_told(old[-1])}; in a fresh home {_told(new[-1])}")
        shutil.rmtree(self.folder / "fresh")
        return ratio(old, new)

    def _home(self, name: str, ratings: Path) -> SimulatedHome:
        folder = self.folder / name
        folder.mkdir()
        values: dict[str, Any] = {
            "_env_file": None,  # no file of whoever starts this
            "home": folder,
            "data": str(ratings),
            "movies": self.people.movies_path,
            "gate": "off",  # each day's model serves, so that every day swaps and every version is kept for its days
            "api_workers": 2,
            "api_port": free_port(),
            "mlflow_port": free_port(),
        }
        return SimulatedHome(Settings(**values), self._clock_path)


def ratio(old: Sequence[Mapping[str, float]], new: Sequence[Mapping[str, float]]) -> float:
    """How many times as long a day takes in the old home: the median of the days after `SETTLING_DAYS`, day by day.

    Args:
        old: seconds by stage of each day that both lived.
        new: the same of the fresh home.
    """
    days = list(zip(old, new, strict=True))[SETTLING_DAYS:]
    return median(sum(own.values()) / sum(fresh.values()) for own, fresh in days)


def _told(took_s: dict[str, float]) -> str:
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in took_s.items())
    return f"{sum(took_s.values()):.2f} s ({stages})"
