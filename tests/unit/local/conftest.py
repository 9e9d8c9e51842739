"""A small API server, and a console whose text a test can read."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from rich.console import Console


class ApiServer:
    """Answers `GET /v1/model` and recommendations, learned as soon as `model_ready()` says so."""

    def __init__(self) -> None:
        self.model_ready = lambda: True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(outer.answer(self.path)).encode())

            def log_message(self, *_: object) -> None:
                """Keep the tests' output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def answer(self, path: str) -> dict[str, object]:
        policy = "learned" if self.model_ready() else "popular"
        if path == "/v1/model":
            return {"policy": policy, "chunk_id": 1}
        items = [{"movie_id": "50", "title": "Star Wars", "genres": ["Action", "War"], "score": 0.5}]
        user_id = path.removeprefix("/v1/users/").partition("/")[0]
        return {"user_id": user_id, "policy": policy, "model_version": "1", "items": items}


@pytest.fixture
def api() -> Iterator[ApiServer]:
    server = ApiServer()
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100)
