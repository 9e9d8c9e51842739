"""A stand-in for MLflow, so that a swap's time is the server's: `python -m matinee.bench.registry FOLDER PORT`.

It knows every version; even ones have the files of `FOLDER/0`, odd ones those of `FOLDER/1`. None is in production, so
nothing happens unless it is asked for.
"""

import json
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_API = "/api/2.0/mlflow"
_FILES = "/api/2.0/mlflow-artifacts/artifacts/"


def handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    """Answers as MLflow does, from the files of `folder`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.startswith(_FILES):
                self._send_file(parts.path.removeprefix(_FILES))
            elif parts.path == f"{_API}/model-versions/get":
                version = parse_qs(parts.query)["version"][0]
                about = {
                    "version": version,
                    "run_id": f"run-{version}",
                    "source": f"mlflow-artifacts:/{version}",
                    "creation_timestamp": 0,
                }
                self._send_json(200, {"model_version": about})
            elif parts.path == f"{_API}/runs/get":
                self._send_json(200, {"run": {"data": {"metrics": []}}})
            else:
                self._send_json(404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "There is none."})

        def _send_file(self, path: str) -> None:
            version, _, name = path.partition("/artifacts/matinee/")
            file = folder / str(int(version) % 2) / name
            self.send_response(200)
            self.send_header("Content-Length", str(file.stat().st_size))
            self.end_headers()
            with file.open("rb") as content:
                shutil.copyfileobj(content, self.wfile, 1 << 20)

        def _send_json(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    return Handler


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), handler(Path(sys.argv[1]))).serve_forever()
