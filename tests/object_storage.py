"""A real S3 server for tests: `moto` in a process of its own on loopback, and a proxy before it that makes faults.

Fixtures (a plugin of `tests/conftest.py`, so that every test has them):

    s3_server     session: address of the server, `http://127.0.0.1:PORT`
    bucket_url    `s3://bucket-N/home`, an empty bucket of this test's own; `AWS_*` of the environment name the server,
                  for this process and for those that the test starts
    fault_proxy   a `FaultProxy` before the server, which `AWS_ENDPOINT_URL` names instead; see `FaultProxy.fail`
"""

import http.client
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

import pytest

from matinee.bench.ports import free_port

SECRET = "a-secret-that-no-line-may-show"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIATESTTESTTEST", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
NUMBERS = itertools.count(1)

SERVER = """
import sys, threading
from moto.server import ThreadedMotoServer
ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False).start()
sys.stdin.read()  # until whoever started this is gone
"""


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of the one S3 server of a session."""
    with s3_process() as address:
        yield address


@contextmanager
def s3_process() -> Iterator[str]:
    """Address of an S3 server of its own."""
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port)]
    silent = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=silent, stderr=silent) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def bucket_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL below an empty bucket of this test's own."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{next(NUMBERS)}"
    assert request(s3_server, "PUT", f"/{bucket}") == 200
    return f"s3://{bucket}/home"


def request(server: str, method: str, path: str) -> int:
    """Status of a plain request, past all libraries."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=30)
    try:
        connection.request(
            method, path, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3"}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            request(f"http://127.0.0.1:{port}", "GET", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the S3 server did not come up; its exit code is {server.poll()}")


Fault = Literal["500", "503", "slow", "silent", "cut", "corrupt", "403", "expired", "drop", "lost"]

_CODES = {
    "500": (500, "InternalError"),
    "503": (503, "SlowDown"),
    "403": (403, "AccessDenied"),
    "expired": (400, "ExpiredToken"),
}


@dataclass
class _Planned:
    fault: Fault
    times: int
    method: str
    containing: str


class FaultProxy:
    """Hands requests on to a server, but for those that were told to fail."""

    def __init__(self, server: str) -> None:
        self.server = urlsplit(server).netloc
        self.seen: list[tuple[str, str]] = []
        """Method and path of every request, in order."""
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def fail(self, fault: Fault, times: int = 1_000_000, method: str = "", containing: str = "") -> None:
        """Have the next `times` requests fail that are of a method and have something in their path.

        `500`, `503`: a failure of the server; `403`: no right; `expired`: old credentials; `cut`: half of the answer;
        `corrupt`: another first byte of what is sent or comes; `drop`: the connection closes without an answer;
        `slow`: the answer takes a second; `silent`: it never comes; `lost`: the request is carried out, and answered
        with a failure.
        """
        with self._lock:
            self._planned.append(_Planned(fault, times, method, containing))

    def recover(self) -> None:
        """Hand everything on again."""
        with self._lock:
            self._planned.clear()

    def next_fault(self, method: str, path: str) -> Fault | None:
        """What to do with a request."""
        with self._lock:
            self.seen.append((method, path))
            for planned in self._planned:
                if planned.times > 0 and planned.method in ("", method) and planned.containing in path:
                    planned.times -= 1
                    return planned.fault
        return None

    def close(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultProxy

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.owner.next_fault(self.command, self.path)
        if fault == "drop":
            self.close_connection = True
            return
        if fault == "silent":
            time.sleep(30)
            self.close_connection = True
            return
        if fault in _CODES:
            status, code = _CODES[fault]
            self._answer(status, {}, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
            return
        if fault == "slow":
            time.sleep(1)
        if fault == "corrupt":
            body = _corrupted(body)
        upstream = http.client.HTTPConnection(self.owner.server, timeout=60)
        # The signature covers the host, which moto does not check.
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        content = answer.read()
        if fault == "corrupt" and self.command == "GET":
            content = _corrupted(content)
        if self.command == "HEAD" and (length := answer.getheader("Content-Length")):
            headers["Content-Length"] = length
        status = 503 if fault == "lost" else answer.status
        self._answer(status, headers, content, half=fault == "cut")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815  names of the standard library

    def _answer(self, status: int, headers: dict[str, str], content: bytes, *, half: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if half else content)
        if half:
            self.close_connection = True


def _corrupted(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:] if content else content


_HOP = {"connection", "content-length", "transfer-encoding", "server", "date"}


@pytest.fixture
def fault_proxy(s3_server: str, bucket_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy before the server of `bucket_url`."""
    assert bucket_url
    proxy = FaultProxy(s3_server)
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
    yield proxy
    proxy.close()
