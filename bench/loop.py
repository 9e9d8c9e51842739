"""How long the loop takes: `up` from an empty home to a learned recommendation, `up` again, and each `next`.

Run with `make bench`. Uses a temporary home and free ports, and prints a table and one JSON object.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MATINEE = Path(sys.executable).with_name("matinee")
N_DAYS = 3


def main() -> None:
    """Measure once, and clean up."""
    home = Path(tempfile.mkdtemp(prefix="matinee-bench-"))
    ports = {f"MATINEE_{name}_PORT": str(_free_port()) for name in ("API", "MLFLOW", "AIRFLOW", "UI", "POSTGRES")}
    clean = {name: value for name, value in os.environ.items() if name != "MATINEE_HOME"}
    environment = {**clean, **ports, "MATINEE_HOME": str(home)}
    figures: dict[str, float] = {}
    try:
        figures["first_up_s"], _ = _timed(environment, "up")
        _, days = _timed(environment, "next", "-n", str(N_DAYS), "--json")
        for number, run in enumerate(json.loads(days)["runs"], 1):
            figures[f"next_{number}_s"] = run["duration_s"]
        _, processes = _timed(environment, "status", "--json")
        figures["memory_mb"] = sum(each["memory_bytes"] for each in json.loads(processes)["processes"]) / 1e6
        figures["down_s"], _ = _timed(environment, "down")
        figures["second_up_s"], _ = _timed(environment, "up")
    finally:
        _timed(environment, "down")
        shutil.rmtree(home)
    for name, value in figures.items():
        print(f"{name:<14} {value:8.1f}")
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def _timed(environment: dict[str, str], *arguments: str) -> tuple[float, str]:
    began = time.perf_counter()
    finished = subprocess.run([MATINEE, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - began, finished.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    main()
