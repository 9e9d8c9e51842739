"""Probes, against real answers."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from matinee.local.program import Health, command_probe, heartbeat_probe, http_probe, problems_at

NOT_READY = {"title": "Not ready", "status": 503, "detail": "Version 2 has not come to this server yet."}
READY = {"status": "degraded", "problems": {"swap": "No model.", "clock": "No hour."}}
REPORT = {"scheduler": {"status": "healthy"}, "dag_processor": {"status": "unhealthy"}, "triggerer": {"status": None}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/health", "/ready") else 503)
        self.end_headers()
        answers = {"/ready": READY, "/new": NOT_READY}
        bare = {"/empty": b"", "/bug": b"Internal Server Error"}
        self.wfile.write(bare[self.path] if self.path in bare else json.dumps(answers.get(self.path, REPORT)).encode())

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_is_up_when_it_answers_200(url, nobody):
    assert http_probe(f"{url}/health")() is Health.UP
    assert http_probe(f"{url}/broken")() is Health.DOWN
    assert http_probe(f"{nobody}/health")() is Health.DOWN


def test_a_server_that_accepts_and_says_nothing_is_down(monkeypatch):
    monkeypatch.setattr("matinee.local.program.PROBE_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert http_probe(f"http://127.0.0.1:{mute.getsockname()[1]}/health")() is Health.DOWN


def test_a_component_is_as_the_report_says_and_unknown_without_one(url, nobody):
    assert heartbeat_probe(f"{url}/health", "scheduler")() is Health.UP
    assert heartbeat_probe(f"{url}/health", "dag_processor")() is Health.DOWN
    assert heartbeat_probe(f"{url}/health", "triggerer")() is Health.DOWN
    assert heartbeat_probe(f"{nobody}/health", "scheduler")() is Health.UNKNOWN


def test_the_problems_of_a_server_are_told_and_why_it_is_not_ready(url, nobody):
    assert problems_at(f"{url}/ready")() == "No model. No hour."
    assert problems_at(f"{url}/new")() == "Version 2 has not come to this server yet."
    assert problems_at(f"{url}/empty")() == problems_at(f"{url}/bug")() == ""
    assert problems_at(f"{nobody}/ready")() == ""


def test_a_command_tells_by_its_exit_code():
    assert command_probe("true")() is Health.UP
    assert command_probe("false")() is Health.DOWN


def test_a_command_that_hangs_is_down(monkeypatch):
    monkeypatch.setattr("matinee.local.program.PROBE_TIMEOUT_S", 0.1)
    assert command_probe("sleep", "600")() is Health.DOWN
