"""Watches whether what was struck is back, and when."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import psycopg

from chaos.limits import Judged, Struck, healed_s
from chaos.targets import CHALLENGER, Targets, stage_of
from matinee.clients.airflow.records import STAGES as DAILY
from matinee.credentials import secret
from matinee.local import family
from matinee.local.programs import programs
from matinee.local.state import ProcessState, State
from matinee.settings import Settings

LOOK_EVERY_S = 0.5

STAYS_S = 3.0
"""A worker is back when it has lived so long: one that does not answer its parent is killed by then."""

START_S = 600.0
"""How long `up` may take."""

PROGRAMS = {"api-parent": "api"}
"""Program of a target that has another name."""

SERVED = {"api-worker": "api", "postgres-backend": "postgres"}
"""Program whose children the target is one of."""

SUPERVISOR = "supervisor"
"""Started again by the watchdog, and everything else by the supervisor."""

REPORTER = "airflow-api-server"
"""Tells whether the other programs of Airflow are well."""


@dataclass
class Wound:
    """A program, child or task that was struck."""

    struck: Struck
    what: str
    since: float
    """Monotonic: the last strike on it, or on what it needs to be back."""
    back_after_s: float | None = None


class Healing:
    """In a thread, looks at whatever was struck until it is back."""

    def __init__(self, settings: Settings, day_ended: Callable[[float], bool], allowance: float = 1.0) -> None:
        """`day_ended` tells whether a day has gone through since a monotonic time, whatever task of it was struck."""
        self._settings, self._day_ended, self._allowance = settings, day_ended, allowance
        self._needs, self._targets = needs(settings), Targets(settings)
        self._wounds: list[Wound] = []
        self._seen: dict[psutil.Process, float] = {}
        """When each worker was seen first, monotonic."""
        self._guard, self._stopped = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def struck(self, struck: Struck) -> None:
        """Look at what was struck from now on."""
        hurt = set(self._hurt(struck))
        with self._guard:
            for wound in self._open():
                if hurt & (self._needs.get(wound.what, self._needs["task"]) | {wound.what}):
                    wound.since = struck.at
            self._wounds += [Wound(struck, what, struck.at) for what in sorted(hurt)]

    def judged(self) -> list[Judged]:
        """How long everything took to be back; waits for what still may."""
        while any(self._is_pending(wound) for wound in self._wounds):
            time.sleep(LOOK_EVERY_S)
        self._stopped.set()
        self._thread.join()
        return [self._judged(wound) for wound in self._wounds]

    def _is_pending(self, wound: Wound) -> bool:
        return wound.back_after_s is None and time.monotonic() - wound.since <= self._limit_s(wound)

    def _limit_s(self, wound: Wound) -> float:
        return healed_s(SERVED.get(wound.what, wound.what)) * self._allowance

    def _judged(self, wound: Wound) -> Judged:
        after, away_s = f"strike {wound.struck.number}, {wound.struck.name}", time.monotonic() - wound.since
        if wound.back_after_s is None:
            return Judged(f"{wound.what} is still away", after, away_s, self._limit_s(wound))
        return Judged(f"{wound.what} was back", after, wound.back_after_s, self._limit_s(wound))

    def _hurt(self, struck: Struck) -> Iterator[str]:
        """Programs, children and tasks that a strike has hit."""
        if struck.strike.target == "everything":
            yield from (each.name for each in self._states().values() if each.phase != "done")
        elif struck.strike.target == "task":
            yield from [f"task {struck.stage}"] if struck.stage != CHALLENGER else []
        else:
            yield PROGRAMS.get(struck.strike.target, struck.strike.target)

    def _open(self) -> list[Wound]:
        return [wound for wound in self._wounds if wound.back_after_s is None]

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            with self._guard:
                wounds = self._open()
            states = self._states() if wounds else {}
            for wound in wounds:
                if self._is_back(wound, states):
                    wound.back_after_s = max(0.0, time.monotonic() - wound.since)

    def _states(self) -> dict[str, ProcessState]:
        state = State.read(self._settings.home)
        return {each.name: each for each in state.processes} if state else {}

    def _is_back(self, wound: Wound, states: dict[str, ProcessState]) -> bool:
        if wound.what.startswith("task"):
            return self._is_tried_again(wound)
        program = SERVED.get(wound.what, wound.what)
        if any(map(family.is_alive, wound.struck.processes)) or not self._targets.find(program):
            return False
        if program == SUPERVISOR:
            return True
        if program not in states or states[program].phase != "ready":
            return False
        if wound.what == "api-worker":
            now, workers = time.monotonic(), self._targets.find("api-worker")
            # By this clock, not by their creation: where time was set or a machine slept, that is of another clock.
            n_settled = sum(now - self._seen.setdefault(each, now) > STAYS_S for each in workers)
            return n_settled >= self._settings.api_workers
        return wound.what != "postgres-backend" or self._database_answers()

    def _is_tried_again(self, wound: Wound) -> bool:
        """Whether its day has ended all the same, or another process does what it did."""
        if wound.struck.stage in DAILY and self._day_ended(wound.struck.at):
            return True
        stages = {stage_of(each) for each in self._targets.find("task") if each not in wound.struck.processes}
        return wound.struck.stage in stages

    def _database_answers(self) -> bool:
        password = secret(self._settings.home, "postgres_password")
        url = f"postgresql://airflow:{password}@127.0.0.1:{self._settings.postgres_port}/postgres"
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False


def needs(settings: Settings) -> dict[str, set[str]]:
    """For each program, child and `task`: what else it waits for before it is back."""
    after = {program.name: set(program.after) for program in programs(settings)}
    for name in ("airflow-scheduler", "airflow-dag-processor"):
        after[name].add(REPORTER)
    found = {name: _all(name, after) for name in after}
    for name, waited_for in found.items():
        if name.startswith("airflow"):
            waited_for.add("postgres-backend")
    for waited_for in found.values():
        waited_for |= {SUPERVISOR, "watchdog"}
    children = {child: {program} for child, program in SERVED.items()}
    tasks = {"task": found["airflow-scheduler"] | {"airflow-scheduler"}}
    return found | children | tasks | {SUPERVISOR: {"watchdog"}}


def _all(name: str, after: dict[str, set[str]]) -> set[str]:
    return after[name].union(*(_all(each, after) for each in after[name]))


class Start(threading.Thread):
    """Measures how long the API server takes from its start until it is ready, while `up` starts everything."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self._home = settings.home
        self.took_s = 0.0

    def run(self) -> None:
        """Return when it is ready; a start that fails is the caller's to notice."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            state = State.read(self._home)
            for each in state.processes if state else []:
                if each.name == "api" and each.phase == "ready":
                    self.took_s = time.time() - each.started_at
                    return
            time.sleep(0.1)
