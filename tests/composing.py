"""A real matinee in containers: `docker compose` on the checkout, with a home and ports of its own."""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from matinee.clients.airflow import Airflow
from matinee.clients.airflow.records import DagRun
from matinee.settings import Settings
from running import MATINEE

CHECKOUT = Path(__file__).parents[1]
UID = os.geteuid() or 12345
"""Whom the containers run as: for root, somebody whom neither the machine nor the images know."""


@dataclass
class Compose:
    """`docker compose` on the checkout, with a home, ports and ratings of its own."""

    environment: dict[str, str]
    home: Path
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What the same environment means to the native mode."""
        own = {name: value for name, value in self.environment.items() if name.startswith("MATINEE_")}
        return Settings(_env_file=None, **{name.removeprefix("MATINEE_").lower(): value for name, value in own.items()})

    def run(self, *arguments: str, code: int | None = 0, **changes: str) -> subprocess.CompletedProcess[str]:
        """A finished `docker …` command; `changes` are environment variables."""
        finished = subprocess.run(
            ["docker", *arguments],
            cwd=CHECKOUT,
            env=self.environment | changes,
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )
        assert code in (None, finished.returncode), f"{arguments}: {finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
        return finished

    def build(self) -> None:
        """Make all images, and remember how long it took."""
        began = time.monotonic()
        self.run("compose", "build")
        self.seconds["build"] = time.monotonic() - began

    def up(self) -> None:
        """What a person types; on failure, with the lines of the containers that ended."""
        began = time.monotonic()
        finished = self.run("compose", "up", "--wait", code=None)
        self.seconds["up"] = time.monotonic() - began
        lines = self.run("compose", "logs", "--tail=15", code=None).stdout if finished.returncode else ""
        assert finished.returncode == 0, f"{finished.stderr[-2000:]}\n{lines}"

    def api(self, *arguments: str) -> Any:
        """The JSON result of a command inside the API's container."""
        return self._matinee("api", *arguments)

    def train(self, *arguments: str) -> Any:
        """The JSON result of a command inside the container that runs the tasks."""
        return self._matinee("airflow-scheduler", *arguments)

    def native(self, *arguments: str) -> str:
        """What a command of the native mode prints, in the same home."""
        finished = subprocess.run(
            [MATINEE, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
        return finished.stdout

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        (container,) = self.run("compose", "ps", "-aq", service).stdout.split()
        return dict(json.loads(self.run("inspect", container).stdout)[0])

    def services(self) -> list[str]:
        """Names of the services that are up, or on their way up again."""
        states = self.run("compose", "ps", "--format", "{{.Service}}").stdout
        return sorted(states.split())

    def trigger(self, dag_id: str, dag_run_id: str) -> DagRun:
        """A run of a DAG that has ended."""
        with Airflow(self.settings) as airflow:
            return airflow.follow(airflow.trigger(dag_id, dag_run_id), lambda _: None)

    def address(self, name: str) -> str:
        """Where the host reaches a program."""
        return f"http://127.0.0.1:{self.environment[f'MATINEE_{name}_PORT']}"

    def get(self, path: str) -> Any:
        """An answer of the API server."""
        return httpx.get(f"{self.address('API')}{path}", timeout=10, trust_env=False).raise_for_status().json()

    def give_home_to(self, uid: int) -> None:
        """Make all that both modes use somebody's; nothing to do but for root, who runs the native mode as root."""
        for path in self.home.rglob("*"):
            if path.lstat().st_uid != uid and path.relative_to(self.home).parts[0] != "postgres":
                os.chown(path, uid, uid, follow_symlinks=False)

    def _matinee(self, service: str, *arguments: str) -> Any:
        return json.loads(self.run("compose", "exec", "-T", service, "matinee", *arguments, "--json").stdout)
