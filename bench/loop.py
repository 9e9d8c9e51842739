"""The loop as a user has it: `up` from an empty home, a week of days through the real Airflow, `down`, `up` again.

    make bench                  seven days
    make bench DAYS=3           fewer

Uses a temporary home and free ports, and the data set of `MATINEE_DATA` (ml-100k by default). Between the days people
rate over HTTP and look at lists; some batches are sent twice. Prints a table and one JSON object: times in seconds,
what the home takes, how much its processes have grown, and whether a rating was lost or doubled. Exit code 1 when an
aim is missed; of less than a week the growth is told and not judged.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matinee.bench.ending import end_what_was_started
from matinee.bench.soak.aims import A_WEEK, missed_by_the_loop
from matinee.bench.soak.audit import audit
from matinee.bench.soak.memory import own_memory_bytes
from matinee.bench.soak.people import RATINGS_A_DAY, People
from matinee.clients.api import Client
from matinee.settings import Settings

MATINEE = Path(sys.executable).with_name("matinee")
WARM = 2
"""Days after which every process has done everything once, so that growth counts from there."""


def main() -> int:
    """Measure once, and clean up; returns the exit code."""
    end_what_was_started()
    parser = argparse.ArgumentParser(description="Time the loop, and live days through the real Airflow.")
    parser.add_argument("--days", type=int, default=A_WEEK, help="how many days")
    n_days = parser.parse_args().days
    folder = Path(tempfile.mkdtemp(prefix="matinee-bench-"))
    ports = {f"MATINEE_{name}_PORT": str(_free_port()) for name in ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")}
    environment = {**os.environ, **ports, "MATINEE_HOME": str(folder / "home")}
    figures: dict[str, Any] = {}
    try:
        figures["first_up_s"], _ = _timed(environment, "up")
        figures |= _days(environment, n_days, folder)
        figures["down_s"], _ = _timed(environment, "down")
        figures["second_up_s"], _ = _timed(environment, "up")
    finally:
        _timed(environment, "down")
        shutil.rmtree(folder)
    for name, value in figures.items():
        print(f"{name:<14} {value}")
    print(json.dumps(figures))
    if not_reached := missed_by_the_loop(figures):
        print(f"Not reached: {', '.join(not_reached)}", file=sys.stderr)
    return int(bool(not_reached))


def _days(environment: dict[str, str], n_days: int, folder: Path) -> dict[str, Any]:
    """Live days one after another; returns what they took and left."""
    settings = Settings(home=folder / "home", api_port=environment["MATINEE_API_PORT"], _env_file=None)
    people = People(folder, n_days, datetime.now(UTC))
    next_s, memory_mb = [], []
    with Client(settings.api) as client:
        for day in range(1, n_days + 1):
            people.speak([client], RATINGS_A_DAY, datetime.now(UTC))
            people.take_back([client], day)
            people.look([settings.api])
            memory_mb.append(_memory_mb(environment))  # before the day's tasks, which are the scheduler's children
            _, told = _timed(environment, "next", "--json")
            next_s += [round(run["duration_s"], 1) for run in json.loads(told)["runs"]]
        found = audit(settings, client, people.truth)
    # Of fewer days there is nothing to compare the last one with.
    early = memory_mb[WARM - 1] if n_days > WARM else {}
    grown = {name: round(size / early[name] - 1, 3) for name, size in memory_mb[-1].items() if early.get(name)}
    size = sum(file.stat().st_blocks * 512 for file in settings.home.rglob("*") if file.is_file())
    return {
        "days": n_days,
        "next_s": next_s,
        "home_gb": round(size / 1e9, 3),
        "memory_mb": {name: round(size) for name, size in memory_mb[-1].items()},
        "rss_growth": grown,
        **found._asdict(),
    }


def _memory_mb(environment: dict[str, str]) -> dict[str, float]:
    """What each process and its own take for themselves alone, by its name."""
    _, told = _timed(environment, "status", "--json")
    return {each["name"]: own_memory_bytes(each["pid"]) / 1e6 for each in json.loads(told)["processes"] if each["pid"]}


def _timed(environment: dict[str, str], *arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    finished = subprocess.run([MATINEE, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return round(time.perf_counter() - began, 1), finished.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
