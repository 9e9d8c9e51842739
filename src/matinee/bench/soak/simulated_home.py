"""A home with the real MLflow server and the real API server, and a day of its life."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from matinee.bench.soak.memory import family_of, own_memory_bytes
from matinee.clients.api import Client
from matinee.errors import MatineeError, NotFound
from matinee.local import programs
from matinee.settings import Settings
from matinee.stages.deploy import deploy_model
from matinee.stages.evaluate import evaluate_model
from matinee.stages.ingest import ingest_chunk
from matinee.stages.promote import promote_model, roll_back
from matinee.stages.prune.home import prune_home
from matinee.stages.stores import Stores
from matinee.stages.train import train_model

COMES_UP_S, GOES_S = 120.0, 20.0


class SimulatedHome:
    """One home: its settings, its two servers, and its stages in this process, as Airflow's tasks run them."""

    def __init__(self, settings: Settings, clock_path: Path) -> None:
        """A home of these settings, whose API server reads the simulated clock at `clock_path`."""
        self.settings, self._clock_path = settings, clock_path
        self._servers: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def running(self) -> Iterator["SimulatedHome"]:
        """MLflow and the API server, while the block runs."""
        mlflow = next(each for each in programs.programs(self.settings) if each.name == "mlflow")
        (self.settings.home / "mlflow").mkdir()
        try:
            self._start("mlflow", list(mlflow.command), mlflow.environment, f"{self.settings.mlflow}/health")
            self.start_api()
            yield self
        finally:
            for name in list(self._servers):
                self._stop(name)

    def start_api(self) -> None:
        """Start the API server, and wait until it answers."""
        command = [sys.executable, "-m", "matinee.bench.soak.server", str(self._clock_path)]
        self._start("api", command, {}, f"{self.settings.api}/health/live")

    def restart_api(self) -> None:
        """Stop the API server, and start it again."""
        self._stop("api")
        self.start_api()

    def client(self) -> Client:
        """Of the API server; close it after use."""
        return Client(self.settings.api)

    def process_day(self, run_id: str, algorithm: str) -> dict[str, float]:
        """Ingest, train, evaluate, promote, deploy and prune; returns how long each took, in seconds."""
        took_s: dict[str, float] = {}
        with _timed(took_s, "ingest"):
            chunk_id = ingest_chunk(self._stores(), run_id)["chunk_id"]
        if chunk_id is None:
            raise MatineeError(f"{run_id} found no ratings to take.", "Look at the ledger.")
        with _timed(took_s, "train"):
            trained = train_model(self._stores(algorithm), chunk_id)["run_id"]
        with _timed(took_s, "evaluate"):
            evaluate_model(self._stores(algorithm), trained)
        with _timed(took_s, "promote"):
            promoted = promote_model(self._stores(algorithm), trained)["promoted"]
        if promoted:
            with _timed(took_s, "deploy"):
                deploy_model(self._stores())
        with _timed(took_s, "prune"):
            prune_home(self._stores(), dry_run=False)
        return took_s

    def go_back(self) -> None:
        """Roll back to the version that served before; nothing when there is none."""
        with suppress(NotFound):
            roll_back(self._stores(), None, "soak")

    def size_bytes(self) -> int:
        """What the home takes on the disk."""
        return sum(file.stat().st_blocks * 512 for file in self.settings.home.rglob("*") if file.is_file())

    def memory_bytes(self) -> dict[str, int]:
        """Memory of each server's processes that is theirs alone; mapped models, which all share, are none."""
        return {name: own_memory_bytes(server.pid) for name, server in self._servers.items()}

    def _stores(self, algorithm: str = "") -> Stores:
        return Stores.of(self.settings.model_copy(update={"algorithm": algorithm} if algorithm else {}))

    def _start(self, name: str, command: list[str], environment: Mapping[str, str], url: str) -> None:
        log = (self.settings.home / f"{name}.log").open("ab")
        values = {**os.environ, **programs.environment(self.settings), **environment}
        self._servers[name] = subprocess.Popen(command, env=values, stdout=log, stderr=log, start_new_session=True)
        log.close()
        deadline = time.monotonic() + COMES_UP_S
        while not _answers(url):
            if self._servers[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not come up; see {self.settings.home / name}.log")
            time.sleep(0.1)

    def _stop(self, name: str) -> None:
        server = self._servers.pop(name)
        family = family_of(server.pid)
        server.terminate()
        try:
            server.wait(GOES_S)
        except subprocess.TimeoutExpired:
            server.kill()
        for each in psutil.wait_procs(family, timeout=GOES_S)[1]:
            each.kill()


@contextmanager
def _timed(took_s: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    took_s[stage] = time.perf_counter() - began


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
