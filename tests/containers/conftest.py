"""A real Docker engine for a module of tests: this machine's, else the one that a tool beside the checkout brings."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from composing import CHECKOUT, UID, Compose
from matinee.bench.ports import free_port
from support import two_tastes

TOOL = CHECKOUT.parent / "shared" / "tools" / "compose-test"
POSTGRES = Path(__file__).parent / "postgres"
PORTS = ("API", "AIRFLOW", "MLFLOW", "UI", "POSTGRES")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure to the terminal, also when the test passes."""

    def show(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")

    return show


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Compose with an engine, and nothing built or started yet; afterwards nothing runs."""
    folder = tmp_path_factory.mktemp("compose")
    with _engine(folder) as engine:
        ports = {f"MATINEE_{name}_PORT": str(free_port()) for name in PORTS}
        own = {"MATINEE_HOME": str(folder / "home"), "HOST_UID": str(UID), "HOST_GID": str(UID)}
        own |= {"COMPOSE_PROJECT_NAME": f"matinee-test-{os.getpid()}"}
        running = Compose(engine | ports | own | _ratings(folder, engine["COMPOSE_FILE"]), folder / "home")
        try:
            yield running
        finally:
            running.run("compose", "down", "--volumes", "--timeout", "5", code=None)


@contextmanager
def _engine(folder: Path) -> Iterator[dict[str, str]]:
    """Environment in which `docker` reaches an engine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        yield {"COMPOSE_FILE": str(CHECKOUT / "compose.yaml")} | clean
    elif TOOL.exists() and os.geteuid() == 0:
        with _own_engine(folder, clean) as environment:
            # No image can be pulled there, so one of the same name is built.
            command = ["docker", "build", "--quiet", "--network=host", "--tag=postgres:17-bookworm", POSTGRES]
            subprocess.run(command, env=environment, check=True, capture_output=True)
            yield environment
    else:
        pytest.skip("needs Docker, or as root ../shared/tools/compose-test beside the checkout")


@contextmanager
def _own_engine(folder: Path, clean: dict[str, str]) -> Iterator[dict[str, str]]:
    """An engine that the tool starts and, when the block or this process has ended, stops."""
    keep, ready, log_file = folder / "keep", folder / "ready", folder / "engine.log"
    keep.touch()
    waiting = f"while [ -e {keep} ] && [ -e /proc/{os.getpid()} ]; do sleep 0.5; done"
    script = f"env -0 >{folder}/draft && mv {folder}/draft {ready}; {waiting}"
    with log_file.open("w") as log:
        tool = subprocess.Popen([TOOL, CHECKOUT, "bash", "-c", script], env=clean, stdout=log, stderr=log)
    try:
        while not ready.exists():
            assert tool.poll() is None, log_file.read_text()
            time.sleep(0.5)
        yield dict(line.split("=", 1) for line in ready.read_text().split("\0") if line)
    finally:
        keep.unlink()
        tool.wait()


def _ratings(folder: Path, compose_file: str) -> dict[str, str]:
    """A few ratings (the native tests learn from real ones), mounted where they are needed."""
    data = folder / "ratings.csv"
    two_tastes(n_users=200, n_movies=100, n_days=40).write_csv(data)
    mount = {"volumes": [f"{data}:{data}:ro"]}
    override = folder / "ratings.json"
    override.write_text(json.dumps({"services": {"init": mount, "airflow-scheduler": mount}}))
    return {"COMPOSE_FILE": f"{compose_file}:{override}", "MATINEE_DATA": str(data), "MATINEE_BOOTSTRAP": "20d"}
