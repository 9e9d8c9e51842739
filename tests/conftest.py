"""What tests share: settings of a temporary home, small ratings with a known structure, a real MLflow server."""

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import polars as pl
import pytest

from matinee.bench.ports import free_port
from matinee.settings import Settings
from support import two_tastes, wait_until_up

# How long an example takes is the machine's affair: nothing here is asserted by the clock.
hypothesis.settings.register_profile("matinee", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("quick", parent=hypothesis.settings.get_profile("matinee"), max_examples=10)
hypothesis.settings.load_profile("matinee")

pytest_plugins = ["browsing", "databases", "fake_airflow", "fake_api", "object_storage", "spark_cluster"]

DISK_BYTES = 1_000_000_000
"""Whole homes are made: with less free space tests fail by the hundred, each for another reason."""

SLOW_FIXTURES = {"api", "browser", "mlflow_url", "postgres_url", "real_data", "s3_server"}
"""Who asks for one of these needs a real server or browser, or reads a whole data set."""


def pytest_sessionstart() -> None:
    """Say it once when there is no room for the tests."""
    folder = tempfile.gettempdir()
    if (free := shutil.disk_usage(folder).free) < DISK_BYTES:
        pytest.exit(f"{folder} has {free / 1e6:.0f} MB left, the tests need {DISK_BYTES / 1e6:.0f}: free some.", 4)


ALTERNATIVES = ("texts", "size", "make_settings")
"""Parameters of which a test that is marked `either` needs one value in the short form."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server or long data as `slow`, and what only the long form does as `long`."""
    alternatives: defaultdict[str, defaultdict[str, list[pytest.Function]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if SLOW_FIXTURES & set(item.fixturenames) or parameters.get("make_settings") == "postgresql":
            item.add_marker("slow")
        if item.get_closest_marker("either"):
            rest = {name: str(value) for name, value in parameters.items() if name not in ALTERNATIVES}
            alternatives[f"{item.location[0]} {item.originalname}"][str(rest)].append(item)
    for name, groups in alternatives.items():
        first = zlib.crc32(name.encode())  # another one for each test, and the same one in every process
        for number, same in enumerate(groups.values()):
            for place, item in enumerate(same):
                if place != (first + number) % len(same):
                    item.add_marker("long")


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_read_once() -> Iterator[None]:
    """httpx reads them for each request of a test, 50 ms each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MATINEE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, in a home of this test's own."""
    return Settings(home=tmp_path / "home", _env_file=None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real data sets beside the checkout; tests that need them are skipped elsewhere."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real ratings in ../shared/data beside the checkout")
    return folder


@pytest.fixture(scope="session")
def ratings() -> pl.DataFrame:
    """Ratings of people with one of two tastes."""
    return two_tastes()


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the database and the files of `mlflow_url`."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="session")
def mlflow_url(mlflow_folder: Path) -> Iterator[str]:
    """A real MLflow server with a database and proxied artifacts, one for all tests of a session."""
    import mlflow  # noqa: PLC0415  takes seconds, and few tests need it

    folder, port = mlflow_folder, free_port()
    command = [str(Path(sys.executable).with_name("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--serve-artifacts"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until_up(f"http://127.0.0.1:{port}/health", server)
        mlflow.set_tracking_uri(f"http://127.0.0.1:{port}")  # for what tests ask MLflow itself
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


@pytest.fixture
def unused_port() -> int:
    """A port of loopback that nobody listens on."""
    return free_port()
