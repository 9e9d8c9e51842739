"""A real matinee in containers: `docker compose` on the checkout, with a home and ports of its own."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

CHECKOUT = Path(__file__).parents[1]
UID = 12345
"""Nobody on the machine and in the images has this number."""


@dataclass
class Compose:
    """`docker compose` on the checkout, with a home, ports and ratings of its own."""

    environment: dict[str, str]
    home: Path
    seconds: dict[str, float] = field(default_factory=dict)

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

    def timed(self, name: str, *arguments: str) -> None:
        """Run `docker compose …` and remember how long it took."""
        began = time.monotonic()
        self.run("compose", *arguments)
        self.seconds[name] = time.monotonic() - began

    def up(self) -> None:
        """What a person types; on failure, with the lines of the containers that ended."""
        began = time.monotonic()
        finished = self.run("compose", "up", "--wait", code=None)
        self.seconds["up"] = time.monotonic() - began
        lines = self.run("compose", "logs", "--tail=15", code=None).stdout if finished.returncode else ""
        assert finished.returncode == 0, f"{finished.stderr[-2000:]}\n{lines}"

    def matinee(self, *arguments: str) -> Any:
        """The JSON result of a command inside the API's container."""
        return json.loads(self.run("compose", "exec", "-T", "api", "matinee", *arguments, "--json").stdout)

    def in_train(self, *arguments: str) -> Any:
        """The JSON result of a command inside the container that runs the tasks."""
        return json.loads(
            self.run("compose", "exec", "-T", "airflow-scheduler", "matinee", *arguments, "--json").stdout
        )

    def container(self, service: str) -> dict[str, Any]:
        """What the engine knows of a service's container."""
        (container,) = self.run("compose", "ps", "-aq", service).stdout.split()
        return dict(json.loads(self.run("inspect", container).stdout)[0])

    def services(self) -> list[str]:
        """Names of the services that stay up."""
        states = self.run("compose", "ps", "--format", "{{.Service}}").stdout
        return sorted(states.split())

    def address(self, name: str) -> str:
        """Where the host reaches a program."""
        return f"http://127.0.0.1:{self.environment[f'MATINEE_{name}_PORT']}"

    def get(self, path: str) -> Any:
        """An answer of the API server."""
        return httpx.get(f"{self.address('API')}{path}", timeout=10, trust_env=False).raise_for_status().json()
