"""A small Airflow: the routes that matinee asks, over real HTTP, with runs that go as a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from matinee.clients.airflow.records import STAGES

TOKEN = "let-me-in"
PUBLIC = ("/auth/token", "/api/v2/monitor/health")
"""What is answered without a token."""


@dataclass
class FakeRun:
    """A run that is in each of `states` for one question, and then in the last for ever."""

    dag_id: str
    dag_run_id: str
    states: list[str]
    tasks: dict[str, str]
    results: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    caused: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        asked_at = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
        told = {"dag_id": self.dag_id, "dag_run_id": self.dag_run_id, "state": state, "run_after": asked_at}
        return told | {"conf": self.parameters}


def promoting_run(dag_run_id: str, caused: str | None = "asset__1") -> FakeRun:
    """A `train_model` run that promotes."""
    results = {"ingest": {"state": "closed", "chunk_id": 3}, "evaluate": {"verdict": "promote", "reason": "better"}}
    tasks = dict.fromkeys(STAGES[:4], "success")
    return FakeRun("train_model", dag_run_id, ["queued", "running", "success"], tasks, results, caused=caused)


def deploy_run(dag_run_id: str = "asset__1") -> FakeRun:
    """The `deploy_model` run that follows it."""
    results = {"deploy": {"version": "4", "previous_version": "3"}}
    return FakeRun("deploy_model", dag_run_id, ["running", "success"], {"deploy": "success"}, results)


def one_task_run(dag_id: str, dag_run_id: str) -> FakeRun:
    """A run of `promote_version`, or of `rollback_model` from version 2 to version 1."""
    if dag_id == "promote_version":
        return FakeRun(dag_id, dag_run_id, ["running", "success"], {"promote": "success"}, caused="asset__1")
    if dag_id == "resume_production":
        return FakeRun(dag_id, dag_run_id, ["running", "success"], {"resume": "success"})
    results = {"rollback": {"version": "1", "previous_version": "2"}}
    return FakeRun(dag_id, dag_run_id, ["running", "success"], {"rollback": "success"}, results)


def any_run(dag_id: str, dag_run_id: str) -> FakeRun:
    """A run of any DAG that goes well."""
    return promoting_run(dag_run_id) if dag_id == "train_model" else one_task_run(dag_id, dag_run_id)


class FakeAirflow:
    """Serves on a free port of loopback while it is open."""

    promoting_run = staticmethod(promoting_run)
    deploy_run = staticmethod(deploy_run)

    def __init__(self) -> None:
        self.runs: list[FakeRun] = []
        self.next_run: Callable[[str, str], FakeRun] = any_run
        self.triggered: list[tuple[str, str]] = []
        self.paused = False
        self.known = True
        self.next_due: datetime | None = datetime.now(UTC) + timedelta(days=1)
        self.scheduler = "healthy"
        self.import_errors: list[dict[str, str]] = []
        self.absent_for = 0
        self.broken_for = 0
        """Questions that are answered 500 once a run was triggered."""
        self.instead: dict[str, object] = {}
        """What is answered to a path instead, with 200: JSON, or a text as it is."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Status and JSON body."""
        if self.absent_for or (self.broken_for and self.triggered):
            status = 503 if self.absent_for else 500
            self.absent_for, self.broken_for = max(0, self.absent_for - 1), max(0, self.broken_for - 1)
            return status, {}
        if path == "/auth/token":
            return 201, {"access_token": TOKEN}
        general = {
            "/api/v2/monitor/health": {"scheduler": {"status": self.scheduler}},
            "/api/v2/importErrors": {"import_errors": self.import_errors},
        }
        if path in general:
            return 200, general[path]
        if path == "/api/v2/assets/events":
            source = self._find(query["source_dag_id"], query["source_run_id"])
            caused = source.caused if source else None
            run = self._find("deploy_model", caused) if caused else None
            if run and run.body()["state"] == "queued":
                return 500, "Internal Server Error"
            created = [{"dag_id": "deploy_model", "run_id": caused}] if caused else []
            return 200, {"asset_events": [{"created_dagruns": created}]}
        return self._of_dag(method, *path.split("/")[4:], body=body, limit=int(query.get("limit", 50)))

    def _of_dag(self, method: str, dag_id: str, *rest: str, body: Any, limit: int) -> tuple[int, Any]:
        match rest:
            case ():
                return self._dag(dag_id)
            case ("dagRuns",):
                return self._trigger(dag_id, body) if method == "POST" else self._list(dag_id, limit)
            case ("dagRuns", dag_run_id, *rest_of_run):
                run = self._find(dag_id, unquote(dag_run_id))
                return self._of_run(run, rest_of_run) if run else (404, {})
        raise AssertionError(rest)

    def _dag(self, dag_id: str) -> tuple[int, Any]:
        if not self.known:
            return 404, {}
        due = self.next_due and self.next_due.isoformat()
        return 200, {"dag_id": dag_id, "is_paused": self.paused, "next_dagrun_run_after": due}

    def _list(self, dag_id: str, limit: int) -> tuple[int, Any]:
        newest_first = [run for run in reversed(self.runs) if dag_id in (run.dag_id, "~")]
        return 200, {"dag_runs": [run.body() for run in newest_first[:limit]]}

    def _trigger(self, dag_id: str, body: dict[str, Any]) -> tuple[int, Any]:
        dag_run_id = body["dag_run_id"]
        self.triggered.append((dag_id, dag_run_id))
        if any((run.dag_id, run.dag_run_id) == (dag_id, dag_run_id) for run in self.runs):
            return 409, {}
        self.runs.append(self.next_run(dag_id, dag_run_id))
        self.runs[-1].parameters = body["conf"]
        return 200, self.runs[-1].body()

    def _of_run(self, run: FakeRun, rest: list[str]) -> tuple[int, Any]:
        if not rest:
            return 200, run.body()
        if "xcomEntries" in rest:
            return (200, {"value": run.results[rest[1]]}) if rest[1] in run.results else (404, {})
        if "logs" in rest:
            hook = [
                {"event": line, "logger": "task.SubprocessHook"} for line in ["Output:", *run.log, "Command exited 1"]
            ]
            return 200, {"content": [{"event": "::group::"}, *hook, {"event": "Pushing xcom", "logger": "task"}]}
        tasks = [{"task_id": task, "state": state, "try_number": 1} for task, state in reversed(run.tasks.items())]
        return 200, {"task_instances": tasks}

    def _find(self, dag_id: str, dag_run_id: str) -> FakeRun | None:
        return next((run for run in self.runs if (run.dag_id, run.dag_run_id) == (dag_id, dag_run_id)), None)


def _handler(airflow: FakeAirflow) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if parts.path in airflow.instead:
                status, answer = 200, airflow.instead[parts.path]
            elif parts.path not in PUBLIC and self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, answer = 401, {}
            else:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                status, answer = airflow.answer(self.command, parts.path, query, json.loads(body or "null"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write((answer if isinstance(answer, str) else json.dumps(answer)).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    return Handler


@pytest.fixture
def airflow_server() -> Iterator[FakeAirflow]:
    """An Airflow that knows both DAGs and has no runs."""
    with FakeAirflow() as server:
        yield server
