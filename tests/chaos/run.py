"""One run: up, strikes while people and days go on, healing, checks, down."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from chaos import checks
from chaos.days import Day, Days
from chaos.home import create_database, new_system
from chaos.people import Outage, People
from chaos.plan import Strike, strikes
from chaos.targets import Targets
from matinee.local import family
from running import System

HEAL_S = 300.0
ATTRIBUTED_S = 45.0
"""An outage that begins so long after a strike is attributed to it."""


def run(
    folder: Path, database: str, n_kills: int, interval_s: float, seed: int, *, drill: bool = False
) -> dict[str, Any]:
    """Strike `n_kills` times and tell what came of it; what must not be is listed under `broken`.

    Args:
        folder: where the home will be.
        database: `sqlite` or `postgresql`.
        n_kills: kills and freezes.
        interval_s: between two, on average.
        seed: what is done to whom follows from it.
        drill: at the end back the home up, lose it, restore it, and go on with the next day.
    """
    say(f"seed {seed}, {n_kills} kills, one every {interval_s:g} s, {database}")
    system = new_system(folder, database)
    with brought_up(system, database):
        people, days = People(system.settings.api), Days(system.environment)
        people.start()
        days.start()
        struck = _strike(system, n_kills, interval_s, seed)
        days.stop()
        people.stop()
        broken = list(_healed(system))
        last = days.one()
        if last.outcome != "promoted":
            broken.append(f"the day after ended {last.outcome}: {last.said}")
        lost, doubled = checks.ratings(system.settings, people.acknowledged)
        broken += [f"lost: {each}" for each in lost[:10]] + [f"doubled: {each}" for each in doubled[:10]]
        broken += [*checks.ledger(system.settings), *checks.production(system.settings)]
        broken += [f"a day hung for {day.took_s:.0f} s" for day in days.days if day.outcome == "hung"]
    broken += [f"left: {process}" for process in _left(system)]
    if drill:
        broken += [f"restored: {each}" for each in _drill(system, folder, people.acknowledged)]
    return {
        "seed": seed,
        "kills": len(struck),
        "acknowledged": len(people.acknowledged),
        "lost": len(lost),
        "doubled": len(doubled),
        "longest_outage_s": round(max((outage.lasted_s for outage in people.outages), default=0.0), 1),
        "days": len(days.days),
        "days_promoted": sum(day.is_promoted for day in days.days),
        "database": database,
        "interval_s": interval_s,
        "reads": people.n_reads,
        "failed_reads": people.n_failed_reads,
        "refused_writes": people.n_refused,
        "outages": _by_target(people.outages, struck),
        "other_days": [_told(day) for day in days.days if not day.is_promoted],
        "broken": broken,
    }


@contextmanager
def brought_up(system: System, database: str) -> Iterator[None]:
    """A matinee that is up, and is down after the block."""
    if database == "postgresql":
        threading.Thread(target=_create_database, args=(system,), daemon=True).start()
    started = time.monotonic()
    try:
        system.matinee("up")
        say(f"up after {time.monotonic() - started:.0f} s")
        yield
    finally:
        system.matinee("down")


def _create_database(system: System) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            create_database(system.settings)
        except psycopg.errors.DuplicateDatabase:
            return
        except psycopg.Error:
            time.sleep(0.2)


def _strike(system: System, n_kills: int, interval_s: float, seed: int) -> list[tuple[float, Strike]]:
    targets, struck = Targets(system.settings), []
    for strike in islice(strikes(seed, interval_s), 10 * n_kills):
        time.sleep(strike.pause_s)
        pids = targets.hit(strike)
        if pids:
            struck.append((time.monotonic(), strike))
            say(f"{len(struck):4d} {strike.action} {strike.target} {pids[:3]}")
        if len(struck) == n_kills:
            break
    time.sleep(interval_s)
    return struck


def _healed(system: System) -> Iterator[str]:
    """Programs that are not back in time."""
    deadline = time.monotonic() + HEAL_S
    while True:
        status = system.json("status")["processes"]
        away = [each["name"] for each in status if each["state"] not in ("ready", "done")]
        if not away:
            return
        if time.monotonic() > deadline:
            yield from (f"{name} is not back after {HEAL_S:.0f} s" for name in away)
            return
        time.sleep(1)


def _drill(system: System, folder: Path, acknowledged: list[str]) -> Iterator[str]:
    """Lose the home, and go on with what was backed up."""
    system.matinee("backup", str(folder / "saved.tar.gz"))
    shutil.rmtree(system.settings.home)
    system.matinee("restore", str(folder / "saved.tar.gz"))
    with brought_up(system, "sqlite"):
        day = Days(system.environment).one()
        if day.outcome != "promoted":
            yield _told(day)
        lost, doubled = checks.ratings(system.settings, acknowledged)
        yield from lost + doubled
        yield from checks.ledger(system.settings)
        yield from checks.production(system.settings)
    yield from _left(system)


def _left(system: System) -> list[str]:
    home = system.settings.home
    return [repr(process) for process in [*family.marked(home), *family.working_in(home / "postgres")]]


def _by_target(outages: list[Outage], struck: list[tuple[float, Strike]]) -> dict[str, dict[str, float]]:
    """Number and longest of the outages after each kind of strike."""
    found: dict[str, list[float]] = {}
    for outage in outages:
        before = [strike for at, strike in struck if at - 2 <= outage.began + 1 and outage.began - at < ATTRIBUTED_S]
        name = f"{before[-1].action} {before[-1].target}" if before else "nothing"
        found.setdefault(name, []).append(outage.lasted_s)
    return {name: {"n": len(each), "longest_s": round(max(each), 1)} for name, each in sorted(found.items())}


def _told(day: Day) -> str:
    return f"{day.outcome} after {day.took_s:.0f} s (exit code {day.code}): {day.said[-300:]}"


def say(line: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()
