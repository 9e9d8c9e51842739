"""Every other program that `up` starts, by its own command: a foreign name and a page of another site reach nothing.

They run for a user with a proxy, without a home folder of his own, and with a home of matinee whose path has spaces and
Hangul.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from matinee.bench.ports import free_port
from matinee.local.programs import environment, programs
from matinee.settings import Settings

EVIL_HOST = {"Host": "evil.example"}
EVIL_ORIGIN = {"Origin": "http://evil.example"}
HINDRANCES = {
    # No folder of the user's own can be written, and there is no proxy at port 9: what asks one fails.
    "HOME": "/dev/null/nobody",
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9"),
}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


class Running:
    """One program on a loopback port of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.own = {"Origin": f"http://127.0.0.1:{port}"}

    def status(self, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> int:
        """HTTP status of an answer; by the program's own name when `headers` give no other."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    home = tmp_path_factory.mktemp("home of 우리")
    ports = {f"{name}_port": free_port() for name in ("api", "mlflow", "airflow", "ui", "postgres")}
    return Settings(_env_file=None, home=home, **ports)


def started(settings: Settings, name: str, log: Path, more: dict[str, str] | None = None) -> Iterator[Running]:
    program = next(each for each in programs(settings) if each.name == name)
    if program.prepare is not None:
        program.prepare()
    variables = environment(settings) | dict(program.environment) | HINDRANCES | (more or {})
    with log.open("w") as file:
        process = subprocess.Popen(program.command, env=variables, stdout=file, stderr=file, start_new_session=True)
        try:
            if program.port is None:
                assert process.wait(120) == 0, log.read_text()
                yield Running(0)
                return
            running, deadline = Running(program.port), time.monotonic() + 120
            while True:
                try:
                    running.status("/")
                    break
                except (OSError, HTTPException):
                    assert process.poll() is None, log.read_text()
                    assert time.monotonic() < deadline, log.read_text()
                    time.sleep(0.2)
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="module")
def page(settings, tmp_path_factory) -> Iterator[Running]:
    yield from started(settings, "ui", tmp_path_factory.mktemp("logs") / "ui.log")


@pytest.fixture(scope="module")
def mlflow(settings, tmp_path_factory) -> Iterator[Running]:
    yield from started(settings, "mlflow", tmp_path_factory.mktemp("logs") / "mlflow.log")


@pytest.fixture(scope="module")
def airflow(settings, tmp_path_factory) -> Iterator[Running]:
    """Airflow's API server on SQLite, which is enough for one question at a time."""
    folder = tmp_path_factory.mktemp("airflow")
    database = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}"}
    for _ in started(settings, "airflow-migrate", folder / "migrate.log", database):
        yield from started(settings, "airflow-api-server", folder / "server.log", database)


def test_the_page_answers_by_its_own_names_only(page):
    assert page.status("/") == page.status("/", {"Host": f"localhost:{page.port}"}) == 200
    assert page.status("/", EVIL_HOST) == 421
    assert page.status("/", EVIL_ORIGIN) == 403
    assert page.status("/_stcore/health", EVIL_HOST) == 200


def test_the_websocket_of_the_page_opens_for_its_own_pages_only(page):
    rebound = {"Host": f"evil.example:{page.port}", "Origin": f"http://evil.example:{page.port}"}
    assert page.status("/_stcore/stream", UPGRADE | page.own) == 101
    assert page.status("/_stcore/stream", UPGRADE | rebound) == 403
    assert page.status("/_stcore/stream", UPGRADE | EVIL_ORIGIN) == 403


def test_airflow_gives_a_token_to_its_own_pages_only(airflow):
    assert airflow.status("/auth/token") == airflow.status("/auth/token", airflow.own) == 201
    assert airflow.status("/auth/token", EVIL_HOST) == 421
    assert airflow.status("/auth/token", EVIL_ORIGIN) == 403


@pytest.mark.parametrize("path", ["/", "/api/v2/dags", "/ui/config", "/execution/task-instances/x"])
def test_every_room_of_airflow_is_closed_to_another_name(airflow, path):
    assert airflow.status(path, EVIL_HOST) == 421
    assert airflow.status(path, EVIL_ORIGIN) == 403


def test_health_checks_of_airflow_are_answered_by_any_name(airflow):
    assert airflow.status("/execution/health", EVIL_HOST) == 200
    assert airflow.status("/api/v2/monitor/health", EVIL_HOST) == 200


def test_mlflow_answers_by_its_own_names_only(mlflow):
    path = "/api/2.0/mlflow/experiments/get?experiment_id=0"
    assert mlflow.status(path) == mlflow.status(path, {"Host": f"[::1]:{mlflow.port}"}) == 200
    assert mlflow.status(path, EVIL_HOST) == 403
    assert mlflow.status("/health", EVIL_HOST) == 200
    assert mlflow.status("/api/2.0/mlflow/experiments/create", EVIL_ORIGIN, "POST") == 403
