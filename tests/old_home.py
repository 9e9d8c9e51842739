"""A home that 0.1 made (`fixtures/make_old_home.py`), unpacked, with its servers started by the code under test."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from fixtures.make_old_home import unpack
from matinee.local.program import Program
from matinee.local.programs import environment, programs
from matinee.settings import Settings
from running import MATINEE, eventually

ARCHIVE = Path(__file__).parent / "fixtures" / "home-0.1.tar.xz"


@dataclass
class OldHome:
    """The unpacked home, and what the old code said of it."""

    root: Path
    settings: Settings
    expected: dict[str, Any]

    def matinee(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        """JSON result of a command, started where the old `.env` lies and with no other settings."""
        command = [str(MATINEE), *arguments, "--json"]
        finished = subprocess.run(
            command, env=_without_settings(), cwd=self.root, capture_output=True, text=True, check=False, timeout=600
        )
        assert finished.returncode == code, f"{command}: {finished.stdout}\n{finished.stderr}"
        return dict(json.loads(finished.stdout))

    def get(self, path: str) -> dict[str, Any]:
        """An answer of the API server."""
        answer = httpx.get(f"{self.settings.api}{path}", timeout=30, trust_env=False)
        assert answer.is_success, answer.text
        return dict(answer.json())


@contextmanager
def running(root: Path) -> Iterator[OldHome]:
    """The home with MLflow and the API server on free ports."""
    expected = unpack(ARCHIVE, root)
    settings = Settings(_env_file=root / ".env").model_copy(update={"home": root / ".matinee"})
    found = {each.name: each for each in programs(settings)}
    with _started(found["mlflow"], settings), _started(found["api"], settings):
        yield OldHome(root, settings, expected)


@contextmanager
def _started(program: Program, settings: Settings) -> Iterator[None]:
    variables = environment(settings) | dict(program.environment)
    with (settings.home / f"{program.name}.log").open("w") as log:
        server = subprocess.Popen(
            program.command, env=variables, cwd=settings.home, stdout=log, stderr=log, start_new_session=True
        )
    try:
        eventually(lambda: server.poll() is not None or httpx.get(_health(program), timeout=2).is_success)
        assert server.poll() is None, (settings.home / f"{program.name}.log").read_text()
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _health(program: Program) -> str:
    return f"{program.address}{'/health' if program.name == 'mlflow' else '/health/live'}"


def _without_settings() -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATINEE_", "MLFLOW_"))}
    return clean | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
