"""What `matinee bench serving` measures: API servers in processes of their own, beside a stand-in for MLflow."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from matinee.bench.ports import free_port
from matinee.errors import MatineeError

TOKEN = "token-of-the-bench"  # noqa: S105  of a server that lives as long as the bench
START_S = 60.0
SWAP_TIMEOUT_S = 600.0
"""On a busy machine what is heavy waits for what answers."""
POSTED = 1_000
"""Ratings in one request."""
PYTHON = sys.executable
"""What runs them."""


class ApiServer:
    """An API server that is up."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self.url = url
        self._process = process

    def swap(self, version: int) -> float:
        """Seconds until a version was acknowledged."""
        began = time.perf_counter()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self._post("/v1/model", {"version": version}, headers=headers, timeout=SWAP_TIMEOUT_S)
        return time.perf_counter() - began

    def rate(self, ratings: list[dict[str, Any]]) -> None:
        """Give ratings."""
        for start in range(0, len(ratings), POSTED):
            self._post("/v1/ratings", ratings[start : start + POSTED], timeout=60)

    def answer_bytes(self, path: str) -> int:
        """Size of an answer."""
        return len(httpx.get(self.url + path, trust_env=False).raise_for_status().content)

    def memory_bytes(self) -> int:
        """Of all its processes, shared pages counted once."""
        processes = [self._process, *self._process.children(recursive=True)]
        return sum(process.memory_full_info().pss for process in processes)

    def _post(self, path: str, body: object, **more: Any) -> None:  # noqa: ANN401  httpx's
        answer = httpx.post(self.url + path, json=body, trust_env=False, **more)
        if not answer.is_success:
            raise MatineeError(f"{path} failed: {answer.text}")


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """URL of a stand-in for MLflow (`bench.registry`) with the models of a folder."""
    port = free_port()
    with _running("matinee.bench.registry", str(folder), str(port)):
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api/2.0/mlflow/runs/get")
        yield url


@contextmanager
def api_server(home: Path, mlflow: str, workers: int) -> Iterator[ApiServer]:
    """A server (`bench.server`) of a home, with so many worker processes."""
    port = free_port()
    environment = {
        "MATINEE_HOME": str(home),
        "MATINEE_API_PORT": str(port),
        "MATINEE_API_WORKERS": str(workers),
        "MATINEE_API_TOKEN": TOKEN,
        "MATINEE_MLFLOW_URL": mlflow,
        "MATINEE_API_WRITES_PER_MINUTE": "0",
    }
    with _running("matinee.bench.server", **environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/health/live")
        yield ApiServer(url, process)


@contextmanager
def _running(module: str, *arguments: str, **environment: str) -> Iterator[psutil.Process]:
    command = [PYTHON, "-m", module, *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    process = subprocess.Popen(command, env=clean | environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


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
