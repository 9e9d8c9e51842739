"""A real matinee under test: its commands, its API, its processes, and people who use it all the while."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psutil

from matinee.bench.ports import free_port
from matinee.settings import Settings

MATINEE = Path(sys.executable).with_name("matinee")


@dataclass
class System:
    """A home, the environment that selects it, and what `up` printed."""

    environment: dict[str, str]
    settings: Settings
    printed: str = ""
    command: Path = MATINEE
    folder: Path | None = None
    """Where commands are started; default is where the tests are."""

    @property
    def somebody(self) -> str:
        """A user whom the first model has learned from."""
        return str(pl.read_parquet(self.settings.home / "ratings" / "chunk-00001.parquet")["user_id"].first())

    def matinee(self, *arguments: str, code: int = 0) -> str:
        """What a command prints on stdout."""
        return self._ended(arguments, code).stdout

    def failing(self, *arguments: str, code: int) -> str:
        """What a command that ends with this exit code writes to stderr."""
        return self._ended(arguments, code).stderr

    def json(self, *arguments: str) -> dict[str, Any]:
        """The result of a command."""
        return dict(json.loads(self.matinee(*arguments, "--json")))

    def advance(self) -> list[dict[str, Any]]:
        """Runs of `matinee next`, whatever the gate says of that day's model."""
        return list(json.loads(self._ended(("next", "--json"), 0, 3).stdout)["runs"])

    def _ended(self, arguments: tuple[str, ...], *codes: int) -> subprocess.CompletedProcess[str]:
        """A command that ends with one of these exit codes."""
        finished = subprocess.run(
            [self.command, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert finished.returncode in codes, f"{finished.stdout}\n{finished.stderr}"
        return finished

    def get(self, path: str) -> dict[str, Any]:
        """An answer of the API server."""
        answer = httpx.get(f"{self.settings.api}{path}", timeout=10)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def post_rating(self, user_id: str, movie_id: str) -> None:
        """Give five stars."""
        rating = {"user_id": user_id, "movie_id": movie_id, "rating": 5}
        assert httpx.post(f"{self.settings.api}/v1/ratings", json=rating, timeout=10).status_code == 201

    def process(self, name: str) -> dict[str, Any]:
        """State of one process, as `matinee status` tells it."""
        return next(each for each in self.json("status")["processes"] if each["name"] == name)

    def processes(self) -> list[psutil.Process]:
        """Every process of the machine that belongs to the home."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("MATINEE_HOME") == self.environment["MATINEE_HOME"]
        except psutil.Error:
            return False


def elsewhere(system: System, home: Path) -> System:
    """The same matinee with another home and other ports; nothing of it runs."""
    ports = {f"{name}_port": free_port() for name in ("api", "mlflow", "airflow", "ui", "postgres")}
    values = {"home": home, **ports}
    environment = system.environment | {f"MATINEE_{name.upper()}": str(value) for name, value in values.items()}
    return System(environment, system.settings.model_copy(update=values))


@dataclass
class Visitors:
    """People who ask for recommendations all the time."""

    n_answers: int = 0
    versions: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self, api: str) -> None:
        user = self.n_answers % 900 + 1
        try:
            answer = httpx.get(f"{api}/v1/users/{user}/recommendations", timeout=10)
            if not answer.is_success or not answer.json()["items"]:
                self.failures.append(answer.text)
            elif not self.versions or self.versions[-1] != answer.json()["model_version"]:
                self.versions.append(answer.json()["model_version"])
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
        self.n_answers += 1


@contextmanager
def visitors(api: str) -> Iterator[Visitors]:
    """Visitors of the API server for as long as the block runs."""
    people, stop = Visitors(), threading.Event()

    def visit() -> None:
        while not stop.wait(0.02):
            people.ask(api)

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield people
    finally:
        stop.set()
        thread.join()


def eventually(condition: Callable[[], bool], within_s: float = 120) -> None:
    """Wait until `condition` holds; it is asked at once, soon again, and then every half second."""
    deadline, pause_s = time.monotonic() + within_s, 0.02
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except (AssertionError, httpx.HTTPError):  # what heals may fail until it is healed
            pass
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 0.5)
    assert condition()
