"""One run: up, strikes while people and days go on, healing, checks, down."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg

from chaos import checks
from chaos.days import Day, Days
from chaos.healing import Healing, Start
from chaos.home import create_database, new_system
from chaos.limits import (
    IN_TIME_S,
    SLOWLY_HEALED_S,
    Struck,
    allowance_of,
    in_time,
    outages,
    share_of_days,
)
from chaos.people import People
from chaos.plan import strikes
from chaos.report import Report
from chaos.targets import Targets
from matinee.local import family
from running import System


def run(
    folder: Path,
    database: str,
    n_kills: int,
    interval_s: float,
    seed: int,
    *,
    drill: bool = False,
    is_shared: bool = False,
) -> Report:
    """Strike `n_kills` times and tell what came of it; what must not be is under `broken`.

    Args:
        folder: where the home will be.
        database: `sqlite` or `postgresql`.
        n_kills: kills and freezes.
        interval_s: between two, on average.
        seed: what is done to whom follows from it.
        drill: at the end back the home up, lose it, restore it, and go on with the next day.
        is_shared: whether limits of time are stretched, because others work on this machine too (`limits`).
    """
    say(f"seed {seed}, {n_kills} kills, one every {interval_s:g} s, {database}")
    system = new_system(folder, database)
    with brought_up(system, database) as start_s:
        allowance = allowance_of(start_s) if is_shared else 1.0
        say(f"the API server started in {start_s:.1f} s; limits of time are stretched by {allowance:.1f}")
        people, days = People(system.settings.api), Days(system.environment)
        healing = Healing(system.settings, days.ended_well_since, allowance)
        for each in (people, days, healing):
            each.start()
        struck = _strike(system, healing, n_kills, interval_s, seed)
        days.stop()
        people.stop()
        healed = healing.judged()
        wrong = list(_away(system, allowance))
        wrong += _after(days.one(), allowance)
        lost, doubled = checks.ratings(system.settings, people.acknowledged)
        wrong += [*checks.ledger(system.settings), *checks.production(system.settings)]
        wrong += [*checks.moves(system.settings), *checks.given_up(system.settings, days.days)]
        wrong += [f"a day hung for {day.took_s:.0f} s" for day in days.days if day.outcome == "hung"]
        wrong += share_of_days(days.days, interval_s, allowance)
    wrong += [f"left: {process}" for process in _left(system)]
    if drill:
        wrong += _drilled(system, folder, people.acknowledged)
    away = list(outages(people.outages, struck, allowance))
    return Report(seed, len(struck), people, days.days, lost, doubled, away, healed, allowance, wrong)


def _after(day: Day, allowance: float) -> Iterator[str]:
    """What is wrong with the first day after the strikes."""
    if day.outcome != "promoted":
        yield f"the day after was {day}"
    elif not in_time([day], allowance):
        yield f"the day after took {day.took_s:.0f} s; the limit is {IN_TIME_S * allowance:g} s"


@contextmanager
def brought_up(system: System, database: str) -> Iterator[float]:
    """A matinee that is up, and is down after the block; gives how long its API server took to start, in seconds."""
    if database == "postgresql":
        threading.Thread(target=_create_database, args=(system,), daemon=True).start()
    started, start = time.monotonic(), Start(system.settings)
    start.start()
    try:
        system.matinee("up")
        say(f"up after {time.monotonic() - started:.0f} s")
        start.join()
        yield start.took_s
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


def _strike(system: System, healing: Healing, n_kills: int, interval_s: float, seed: int) -> list[Struck]:
    targets, struck = Targets(system.settings), []
    for strike in islice(strikes(seed, interval_s), 10 * n_kills):
        time.sleep(strike.pause_s)
        if hit := targets.hit(strike, len(struck) + 1):
            struck.append(hit)
            healing.struck(hit)
            say(f"{hit.number:4d} {hit.name} {[each.pid for each in hit.processes[:3]]}")
        if len(struck) == n_kills:
            break
    time.sleep(interval_s)
    return struck


def _away(system: System, allowance: float) -> Iterator[str]:
    """Programs that are away long after the last strike, whether anybody struck them or not."""
    deadline = time.monotonic() + SLOWLY_HEALED_S * allowance
    while away := [each for each in system.json("status")["processes"] if each["state"] not in ("ready", "done")]:
        if time.monotonic() > deadline:
            yield from (f"{each['name']} is away after all strikes: {each['state']}" for each in away)
            return
        time.sleep(1)


def _drilled(system: System, folder: Path, acknowledged: list[str]) -> list[str]:
    """What is wrong after the drill; a command that fails in it is, and what was found before is told all the same."""
    try:
        return [f"restored: {each}" for each in _drill(system, folder, acknowledged)]
    except AssertionError as error:
        return [f"the drill failed: {' '.join(str(error).split())}"]


def _drill(system: System, folder: Path, acknowledged: list[str]) -> Iterator[str]:
    """Lose the home, and go on with what was backed up."""
    system.matinee("backup", str(folder / "saved.tar.gz"))
    shutil.rmtree(system.settings.home)
    system.matinee("restore", str(folder / "saved.tar.gz"))
    with brought_up(system, "sqlite"):
        day = Days(system.environment).one()
        if day.outcome != "promoted":
            yield str(day)
        lost, doubled = checks.ratings(system.settings, acknowledged)
        yield from lost + doubled
        yield from checks.moves(system.settings)
        yield from checks.ledger(system.settings)
        yield from checks.production(system.settings)
    yield from _left(system)


def _left(system: System) -> list[str]:
    home = system.settings.home
    return [repr(process) for process in [*family.marked(home), *family.working_in(home / "postgres")]]


def say(line: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()
