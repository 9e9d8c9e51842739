"""`matinee bench serving`: how much the server answers, how fast, and what a swap costs, on this machine."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
import psutil
import structlog

from matinee.bench import synthetic, wrk
from matinee.bench.ports import free_port
from matinee.bench.synthetic import Size
from matinee.errors import MatineeError

log = structlog.get_logger()

Figures = dict[str, Any]

TOKEN = "token-of-the-bench"  # noqa: S105  of a server that lives as long as the bench
N_SWAPS = 20
START_S = 60.0


def measure(size_names: list[str], duration_s: float, workers: int) -> Figures:
    """Figures of each size.

    Args:
        size_names: of `synthetic.SIZES`.
        duration_s: how long each load lasts.
        workers: of the server.
    """
    return {name: _measure(synthetic.SIZES[name], duration_s, workers) for name in size_names}


def _measure(size: Size, duration_s: float, workers: int) -> Figures:
    with TemporaryDirectory(prefix="matinee-bench-") as folder:
        root = Path(folder)
        interactions = synthetic.interactions(size)
        for seed in (0, 1):
            synthetic.write(size, interactions, root / "models" / str(seed), seed)
        del interactions
        with _registry(root / "models") as mlflow:
            with (
                _server("bare", root / "bare", mlflow, workers) as bare,
                _server("app", root / "home", mlflow, workers) as app,
            ):
                figures = _loads(bare.url, app, size, duration_s)
                figures["swaps"] = _swaps(app, size, figures)
            one, two, four = (_memory_bytes(size, root, mlflow, number) for number in (1, 2, 4))
    extra = (four - two) / 2
    # A single worker has no parent.
    figures["memory_mb"] = {"first_worker": one / 1e6, "parent": (two - one - extra) / 1e6, "extra_worker": extra / 1e6}
    figures["extra_worker_share"] = extra / one
    log.info("measured", size=size.name)
    return figures


def _memory_bytes(size: Size, root: Path, mlflow: str, workers: int) -> int:
    with _server("app", root / "home", mlflow, workers) as app:
        wrk.run(app.url, _known(size), 3)
        return app.memory_bytes()


class _Server:
    """A server that is up."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self.url = url
        self._process = process

    def swap(self, version: int) -> float:
        """Seconds until a version was acknowledged."""
        began = time.perf_counter()
        answer = httpx.post(
            f"{self.url}/v1/model",
            json={"version": version},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=600,  # on a busy machine what is heavy waits for what answers
            trust_env=False,
        )
        if not answer.is_success:
            raise MatineeError(f"The swap failed: {answer.text}")
        return time.perf_counter() - began

    def memory_bytes(self) -> int:
        """Of all its processes, shared pages counted once."""
        processes = [self._process, *self._process.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in processes)


@contextmanager
def _running(module: str, *arguments: str, **environment: str) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", module, *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    process = subprocess.Popen(command, env=clean | environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _registry(folder: Path) -> Iterator[str]:
    port = free_port()
    with _running("matinee.bench.registry", str(folder), str(port)):
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api/2.0/mlflow/runs/get")
        yield url


@contextmanager
def _server(kind: str, home: Path, mlflow: str, workers: int) -> Iterator[_Server]:
    port = free_port()
    environment = {
        "MATINEE_HOME": str(home),
        "MATINEE_API_PORT": str(port),
        "MATINEE_API_WORKERS": str(workers),
        "MATINEE_API_TOKEN": TOKEN,
        "MATINEE_MLFLOW_URL": mlflow,
    }
    with _running("matinee.bench.server", kind, **environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/health/live" if kind == "app" else f"{url}/10")
        yield _Server(url, process)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError as error:
            if time.monotonic() > deadline:
                raise MatineeError(f"{url} did not come up: {error}") from error
            time.sleep(0.05)
        else:
            return


def _loads(bare: str, app: _Server, size: Size, duration_s: float) -> Figures:
    """Requests per second and latencies, side by side."""
    first_s = app.swap(1)
    body = httpx.get(f"{app.url}/v1/users/1/recommendations", trust_env=False).content
    constant = wrk.Load([f"/bench/constant/{len(body)}"])
    loads = {
        "bare": (bare, wrk.Load([f"/{len(body)}"])),
        "constant": (app.url, constant),
        "known": (app.url, _known(size)),
        "fold_in": (app.url, _sessions(size)),
    }
    figures: Figures = {"answer_bytes": len(body), "first_swap_s": first_s}
    for name, (url, load) in loads.items():
        wrk.run(url, load, 1)
        figures[name] = asdict(wrk.run(url, load, duration_s))
        log.info("measured", size=size.name, load=name, requests_per_s=round(figures[name]["requests_per_s"]))
    for name in ("known", "fold_in"):
        url, load = loads[name]
        rate = figures[name]["requests_per_s"] / 2
        at_half = wrk.run(url, load, duration_s, requests_per_s=rate)
        figures[f"{name}_at_half"] = asdict(at_half)
    figures["share_of_constant"] = figures["known"]["requests_per_s"] / figures["constant"]["requests_per_s"]
    return figures


def _swaps(app: _Server, size: Size, figures: Mapping[str, Any]) -> Figures:
    """Swaps in a row, at rest, and under half of the load that the server can carry."""
    at_rest = [app.swap(version) for version in range(2, 7)]
    rate = figures["known"]["requests_per_s"] / 2

    def load(seconds: float) -> wrk.Measured:
        return wrk.run(app.url, _known(size), seconds, requests_per_s=rate)

    seconds = N_SWAPS * max(1.0, 2 * max(at_rest)) + 2
    steady = load(seconds)
    under_load: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load, seconds)
        time.sleep(1)
        for version in range(7, 7 + N_SWAPS):
            under_load.append(app.swap(version))
            time.sleep(0.25)
        during = loading.result()
    return {
        "at_rest_s": {"median": float(np.median(at_rest)), "max": max(at_rest)},
        "under_load_s": {"median": float(np.median(under_load)), "max": max(under_load)},
        "steady_p99_ms": steady.p99_ms,
        "during_p99_ms": during.p99_ms,
        "failed": during.failed,
        "requests": during.requests,
    }


def _known(size: Size) -> wrk.Load:
    """Every user alike, so that what was answered before helps little."""
    return wrk.Load(["/v1/users/{user}/recommendations"], n_users=size.n_users)


def _sessions(size: Size, n: int = 200, length: int = 20) -> wrk.Load:
    random = np.random.default_rng(0)
    histories = [random.choice(size.n_movies, length, replace=False) + 1 for _ in range(n)]
    bodies = [json.dumps({"history": [{"movie_id": str(row)} for row in rows.tolist()]}) for rows in histories]
    return wrk.Load(["/v1/recommendations"], bodies=bodies)
