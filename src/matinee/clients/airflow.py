"""Airflow over its REST API, version 2: trigger a run, follow it, and see what it caused.

Everything that asks survives a short absence of Airflow's server, which its supervisor restarts after a crash. Airflow
run ids (`dag_run_id` here) have nothing to do with MLflow's.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from matinee.drift.records import StatisticsStore
from matinee.errors import DependencyUnreachable, MatineeError, NotFound, Refused
from matinee.settings import Settings

TRAIN, DEPLOY, ROLLBACK, PROMOTE = "train_model", "deploy_model", "rollback_model", "promote_version"
STAGES = ("ingest", "train", "evaluate", "promote", "deploy")
POLL_S = 0.5
TIMEOUT_S = 30.0
"""Longest silence of Airflow."""
ABSENCE_S = 45.0
"""How long Airflow may be away, or do nothing about a queued run, before that counts as a failure."""

SUCCESS, FAILED, SKIPPED = "success", "failed", "skipped"
ENDED = (SUCCESS, FAILED, SKIPPED, "upstream_failed", "removed")


class Dag(BaseModel):
    """A DAG as Airflow's scheduler knows it."""

    dag_id: str
    is_paused: bool
    next_dagrun_run_after: datetime | None


class DagRun(BaseModel):
    """One run of a DAG."""

    dag_id: str
    dag_run_id: str
    state: str
    run_after: datetime | None = None
    """When it was asked for."""
    end_date: datetime | None = None


class Task(BaseModel):
    """One task of a run; `state` is nothing until it is scheduled."""

    task_id: str
    state: str | None
    try_number: int


@dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    run: DagRun
    tasks: tuple[Task, ...]


Outcome = Literal["promoted", "rejected", "refused", "no_more_data"]
"""`rejected`: the gate refused the model; `refused`: the data watch refused the chunk, and nothing was trained."""

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class NextResult:
    """What came of one run of the daily loop."""

    dag_run_id: str
    outcome: Outcome
    chunk_id: int | None
    reason: str
    """Of the gate, or of the data watch when it refused the chunk, in words."""
    served_version: str | None
    """Version that the API server serves since this run; nothing when it promoted none."""
    duration_s: float
    """From the trigger until that version was served, or until the run ended."""


class Airflow:
    """Client of one Airflow; use it as a context manager.

    Every method raises `DependencyUnreachable` when Airflow stays away or answers with an error.
    """

    def __init__(self, settings: Settings, absence_s: float = ABSENCE_S, timeout_s: float = TIMEOUT_S) -> None:
        self._url = settings.airflow
        self._absence_s = absence_s
        self._http = httpx.Client(base_url=self._url, timeout=timeout_s, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def dag(self, dag_id: str) -> Dag | None:
        """The DAG, or nothing while Airflow has not read its file yet."""
        answer = self._ask("GET", f"/dags/{dag_id}")
        return None if answer.status_code == 404 else Dag.model_validate(_json(answer))

    def runs(self, dag_id: str = "~", limit: int = 20) -> list[DagRun]:
        """Runs of a DAG, or of all (`~`), newest first."""
        answer = self._ask("GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "-id", "limit": limit})
        return [DagRun.model_validate(run) for run in _json(answer)["dag_runs"]]

    def run(self, dag_id: str, dag_run_id: str) -> DagRun:
        """One run.

        Raises:
            NotFound: there is none.
        """
        answer = self._ask("GET", _path(dag_id, dag_run_id))
        if answer.status_code == 404:
            raise NotFound(f"There is no run {dag_run_id!r} of {dag_id}.", f"See {self._url}/dags/{dag_id}.")
        return DagRun.model_validate(_json(answer))

    def trigger(self, dag_id: str, dag_run_id: str, parameters: Mapping[str, str] | None = None) -> DagRun:
        """Start a run; if there is one with this id already, that one.

        Args:
            dag_id: which DAG.
            dag_run_id: id of the run.
            parameters: values for the DAG's parameters.

        Raises:
            Refused: the DAG is paused, so the run would wait for ever.
        """
        dag = self.dag(dag_id)
        if dag is None:
            raise DependencyUnreachable(
                f"Airflow does not know the DAG {dag_id}.", f"See {self._url}/dags.", code="dag-missing"
            )
        if dag.is_paused:
            raise Refused(
                f"The DAG {dag_id} is paused.", f"Unpause it at {self._url}/dags/{dag_id}.", code="dag-paused"
            )
        body = {"dag_run_id": dag_run_id, "logical_date": None, "conf": dict(parameters or {})}
        answer = self._ask("POST", f"/dags/{dag_id}/dagRuns", json=body)
        return self.run(dag_id, dag_run_id) if answer.status_code == 409 else DagRun.model_validate(_json(answer))

    def tasks(self, run: DagRun) -> list[Task]:
        """Tasks of a run in the order in which they run."""
        answer = self._ask("GET", f"{_path(run.dag_id, run.dag_run_id)}/taskInstances")
        tasks = [Task.model_validate(task) for task in _json(answer)["task_instances"]]
        return sorted(tasks, key=lambda task: STAGES.index(task.task_id) if task.task_id in STAGES else len(STAGES))

    def result(self, run: DagRun, task_id: str) -> dict[str, Any]:
        """JSON object that a task returned; empty when it returned none."""
        path = f"{_path(run.dag_id, run.dag_run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        answer = self._ask("GET", path)
        return {} if answer.status_code == 404 else dict(_json(answer)["value"])

    def log_tail(self, run: DagRun, task: Task, lines: int = 3) -> list[str]:
        """Last lines that the command of a task wrote."""
        path = f"{_path(run.dag_id, run.dag_run_id)}/taskInstances/{task.task_id}/logs/{task.try_number}"
        answer = self._ask("GET", path)
        if answer.status_code == 404:
            return []
        written = [entry for entry in _json(answer)["content"] if isinstance(entry, dict)]
        hook = [entry["event"] for entry in written if "SubprocessHook" in entry.get("logger", "")]
        command = hook[hook.index("Output:") + 1 :] if "Output:" in hook else hook
        return [line for line in command if not line.startswith("Command exited")][-lines:]

    def caused_run(self, run: DagRun, dag_id: str) -> DagRun | None:
        """Newest run of `dag_id` that an asset updated by `run` has started, if there is one.

        A caused run that still waits in the queue is not told: Airflow 3.3 answers 500 to the question for its event
        until the run has a start (issue 71360 of Airflow).
        """
        source = {"source_dag_id": run.dag_id, "source_run_id": run.dag_run_id, "order_by": "-timestamp"}
        answer = self._ask("GET", "/assets/events", params=source)
        if answer.status_code == 500:
            return None
        for event in _json(answer)["asset_events"]:
            for caused in event["created_dagruns"]:
                if caused["dag_id"] == dag_id:
                    return self.run(dag_id, caused["run_id"])
        return None

    def import_errors(self) -> list[str]:
        """Last line of each traceback of a DAG file that Airflow could not read."""
        errors = _json(self._ask("GET", "/importErrors"))["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def scheduler_is_healthy(self) -> bool:
        """Whether the scheduler has said lately that it runs."""
        return bool(_json(self._ask("GET", "/monitor/health"))["scheduler"]["status"] == "healthy")

    def follow(self, run: DagRun, on_progress: OnProgress) -> DagRun:
        """Wait until `run` has succeeded; `on_progress` hears of each change.

        Raises:
            MatineeError: the run failed; the message carries what the failed task wrote last.
            DependencyUnreachable: the run waits in the queue and no scheduler takes it.
        """
        seen, moved = Progress(run, ()), time.monotonic()
        while True:
            tasks = tuple(self.tasks(run))
            if tasks != seen.tasks or all(task.state in ENDED for task in tasks):
                run = self.run(run.dag_id, run.dag_run_id)
            progress = Progress(run, tasks)
            if progress != seen:
                seen, moved = progress, time.monotonic()
                on_progress(progress)
            if run.state == SUCCESS:
                return run
            if run.state == FAILED:
                raise self._failure(progress)
            if time.monotonic() - moved > self._absence_s and not self.scheduler_is_healthy():
                raise DependencyUnreachable("Airflow's scheduler does not run.", "See `matinee status`.")
            time.sleep(POLL_S)

    def follow_caused(self, run: DagRun, dag_id: str, on_progress: OnProgress) -> DagRun:
        """Wait until `run` has caused a run of `dag_id` and that has succeeded."""
        deadline = time.monotonic() + self._absence_s
        while (caused := self.caused_run(run, dag_id)) is None:
            if time.monotonic() > deadline:
                raise DependencyUnreachable(
                    f"{run.dag_id} promoted a model, but no {dag_id} run followed.",
                    f"See whether {dag_id} is paused: {self._url}/dags/{dag_id}.",
                )
            time.sleep(POLL_S)
        return self.follow(caused, on_progress)

    def _failure(self, progress: Progress) -> MatineeError:
        run = progress.run
        where = f"{self._url}/dags/{run.dag_id}/runs/{quote(run.dag_run_id, safe='')}"
        for task in progress.tasks:
            if task.state == FAILED:
                tail = " | ".join(self.log_tail(run, task))
                return MatineeError(f"Task {task.task_id} of {run.dag_id} failed: {tail}", f"Its log: {where}")
        return MatineeError(f"Run {run.dag_run_id} of {run.dag_id} failed.", f"See {where}")

    def _ask(
        self, method: str, path: str, params: Mapping[str, str | int] | None = None, json: object = None
    ) -> httpx.Response:
        """Answer of Airflow; asks again while its server is away. Safe for POST, since a run id is used once."""
        deadline = time.monotonic() + self._absence_s
        while True:
            try:
                if "Authorization" not in self._http.headers:
                    self._authorize()
                answer = self._http.request(method, f"/api/v2{path}", params=params, json=json)
                if answer.status_code not in (401, 502, 503, 504):
                    return answer
                self._http.headers.pop("Authorization", None)
                problem = f"HTTP {answer.status_code}"
            except httpx.HTTPError as error:
                problem = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise DependencyUnreachable(
                    f"Airflow does not answer at {self._url} ({problem}).",
                    "Start it with `matinee up`, or correct MATINEE_AIRFLOW_URL.",
                    code="airflow-unreachable",
                )
            time.sleep(POLL_S)

    def _authorize(self) -> None:
        token = self._http.get("/auth/token").raise_for_status().json()["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"


def advance(settings: Settings, on_progress: OnProgress, absence_s: float = ABSENCE_S) -> NextResult:
    """Run the daily loop once: trigger `train_model`, follow it, and the `deploy_model` that it causes.

    Raises:
        MatineeError: a task failed; the message carries its last lines.
        DependencyUnreachable: Airflow, or its scheduler, does not answer.
        Refused: a DAG is paused.
    """
    started = time.monotonic()
    with Airflow(settings, absence_s) as airflow:
        run = airflow.follow(airflow.trigger(TRAIN, new_run_id("next")), on_progress)
        ingested, evaluated = airflow.result(run, "ingest"), airflow.result(run, "evaluate")
        served, outcome = None, outcome_of(ingested, airflow.tasks(run))
        if outcome == "promoted":
            deployed = airflow.follow_caused(run, DEPLOY, on_progress)
            served = str(airflow.result(deployed, "deploy")["version"])
    return NextResult(
        dag_run_id=run.dag_run_id,
        outcome=outcome,
        chunk_id=ingested.get("chunk_id"),
        reason=reason_of(settings, outcome, ingested, evaluated),
        served_version=served,
        duration_s=time.monotonic() - started,
    )


def new_run_id(prefix: str) -> str:
    """Airflow run id that nobody has used."""
    return f"{prefix}__{datetime.now(UTC):%Y-%m-%dT%H.%M.%S}_{secrets.token_hex(4)}"


def outcome_of(ingested: Mapping[str, Any], tasks: Iterable[Task]) -> Outcome:
    """What came of a `train_model` run that succeeded, from the result of `ingest` and the states of its tasks."""
    if ingested.get("chunk_id") is None:
        return "no_more_data"
    states = {task.task_id: task.state for task in tasks}
    if states.get("train") == SKIPPED:
        return "refused"
    return "promoted" if states.get("promote") == SUCCESS else "rejected"


def reason_of(settings: Settings, outcome: Outcome, ingested: Mapping[str, Any], evaluated: Mapping[str, Any]) -> str:
    """Why a `train_model` run ended as it did; what the data watch found is in the ledger's database."""
    if outcome != "refused":
        return str(evaluated.get("reason", ""))
    store, chunk_id = StatisticsStore(settings), int(ingested["chunk_id"])
    decision = store.decisions().get(chunk_id)
    if decision is not None and decision.decision == "left_out":
        return f"It is left out: {decision.reason}."
    hint = f"If it is right all the same: matinee watch {chunk_id} --accept --reason WHY."
    try:
        return " ".join([*store.of(chunk_id).reasons, hint])
    except NotFound:
        return "Somebody skipped its training in Airflow."


def _path(dag_id: str, dag_run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(dag_run_id, safe='')}"


def _json(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise DependencyUnreachable(
            f"Airflow answered {answer.status_code} to {answer.request.method} {answer.request.url.path}.",
            f"It said: {answer.text[:200]}",
            code="airflow-unreachable",
        )
    body: dict[str, Any] = answer.json()
    return body
