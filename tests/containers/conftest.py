"""A real Docker engine for a module of tests: this machine's, else the one that a tool beside the checkout brings."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from composing import CHECKOUT, UID, Compose
from support import free_port, two_tastes

TOOL = CHECKOUT.parent / "shared" / "tools" / "compose-test"
PORTS = ("API", "AIRFLOW", "MLFLOW", "UI")


@pytest.fixture(scope="module")
def compose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """Compose with an engine, and nothing built or started yet; afterwards nothing runs."""
    folder = tmp_path_factory.mktemp("compose")
    home = folder / "home"
    environment = _engine(folder)
    environment |= {f"MATINEE_{name}_PORT": str(free_port()) for name in PORTS}
    environment |= _ratings(folder, environment)
    environment |= {"MATINEE_HOME": str(home), "HOST_UID": str(UID), "HOST_GID": str(UID)}
    environment |= {"COMPOSE_PROJECT_NAME": f"matinee-test-{os.getpid()}"}
    running = Compose(environment, home)
    try:
        yield running
    finally:
        running.run("compose", "down", "--volumes", "--timeout", "5", code=None)
        (folder / "keep").unlink(missing_ok=True)


def _engine(folder: Path) -> dict[str, str]:
    """Environment in which `docker` reaches an engine that has the PostgreSQL image."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MATINEE_")}
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return {"COMPOSE_FILE": str(CHECKOUT / "compose.yaml")} | clean
    if not TOOL.exists() or os.geteuid() != 0:
        pytest.skip("needs Docker, or as root ../shared/tools/compose-test beside the checkout")
    (folder / "keep").touch()
    script = (
        f"env -0 >{folder}/draft && mv {folder}/draft {folder}/ready; while [ -e {folder}/keep ]; do sleep 0.5; done"
    )
    with (folder / "engine.log").open("w") as log:
        tool = subprocess.Popen([TOOL, CHECKOUT, "bash", "-c", script], env=clean, stdout=log, stderr=log)
    while not (folder / "ready").exists():
        assert tool.poll() is None, (folder / "engine.log").read_text()
        time.sleep(0.5)
    environment = dict(line.split("=", 1) for line in (folder / "ready").read_text().split("\0") if line)
    # No image can be pulled there, so one of the same name is built.
    subprocess.run(
        [
            "docker",
            "build",
            "--quiet",
            "--network=host",
            "--tag=postgres:17-bookworm",
            Path(__file__).parent / "postgres",
        ],
        env=environment,
        check=True,
        capture_output=True,
    )
    return environment


def _ratings(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Real ratings when they lie beside the checkout, else small ones; mounted where they are needed, never fetched."""
    data, bootstrap = CHECKOUT.parent / "shared" / "data" / "ml-100k", "60d"
    if not data.is_dir():
        data, bootstrap = folder / "ratings.csv", "20d"
        two_tastes(n_users=200, n_movies=100, n_days=40).write_csv(data)
    mount = {"volumes": [f"{data}:{data}:ro"]}
    override = folder / "ratings.json"
    override.write_text(json.dumps({"services": {"init": mount, "airflow-scheduler": mount}}))
    files = f"{environment['COMPOSE_FILE']}:{override}"
    return {"COMPOSE_FILE": files, "MATINEE_DATA": str(data), "MATINEE_BOOTSTRAP": bootstrap}
