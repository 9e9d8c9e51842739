"""Airflow over its REST API: one method for each question, and following a run until it has ended."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from matinee.clients.airflow import transport
from matinee.clients.airflow.records import ENDED, FAILED, STAGES, SUCCESS, Dag, DagRun, DagRunProgress, TaskInstance
from matinee.clients.airflow.transport import AirflowTransport, read_json
from matinee.errors import DependencyUnreachable, MatineeError, NotFound, Refused
from matinee.settings import Settings

TIMEOUT_S = 30.0
"""Longest silence of Airflow."""
ABSENCE_S = 75.0
"""How long Airflow may be away, or do nothing about a queued run, before that counts as a failure.

Its server is killed, noticed and ready again within 60 s."""

HEALING_S = 300.0
"""The same for whoever follows a run that was started: it lives on without Airflow's server, which is restarted."""

OnProgress = Callable[[DagRunProgress], None]


class Airflow:
    """Client of one Airflow; use it as a context manager.

    Every method raises `DependencyUnreachable` when Airflow stays away or answers with an error.
    """

    def __init__(self, settings: Settings, absence_s: float = ABSENCE_S, timeout_s: float = TIMEOUT_S) -> None:
        self._transport = AirflowTransport(settings.airflow, absence_s, timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def wait_for_healing(self, healing_s: float) -> None:
        """From now on let Airflow be away for so long: there is a run that lives on meanwhile."""
        self._transport.absence_s = max(self._transport.absence_s, healing_s)

    def dag(self, dag_id: str) -> Dag | None:
        """The DAG, or nothing while Airflow has not read its file yet."""
        answer = self._transport.ask("GET", f"/dags/{dag_id}")
        return None if answer.status_code == 404 else read_json(answer, Dag.model_validate)

    def runs(self, dag_id: str = "~", limit: int = 20) -> list[DagRun]:
        """Runs of a DAG, or of all (`~`), newest first."""
        answer = self._transport.ask("GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "-id", "limit": limit})
        return read_json(answer, lambda body: [DagRun.model_validate(run) for run in body["dag_runs"]])

    def run(self, dag_id: str, dag_run_id: str) -> DagRun:
        """One run.

        Raises:
            NotFound: there is none.
        """
        missing = NotFound(f"There is no run {dag_run_id!r} of {dag_id}.", f"See {self._transport.url}/dags/{dag_id}.")
        if dag_run_id in (".", ".."):  # in a path they are folders, so the question would be another one
            raise missing
        answer = self._transport.ask("GET", _path(dag_id, dag_run_id))
        if answer.status_code == 404:
            raise missing
        return read_json(answer, DagRun.model_validate)

    def trigger(self, dag_id: str, dag_run_id: str, parameters: Mapping[str, str] | None = None) -> DagRun:
        """Start a run; if there is one with this id already, that one.

        Args:
            dag_id: which DAG.
            dag_run_id: id of the run.
            parameters: values for the DAG's parameters.

        Raises:
            Refused: the DAG is paused, so the run would wait for ever; or the run there is has other parameters.
        """
        dag = self.dag(dag_id)
        if dag is None:
            raise DependencyUnreachable(
                f"Airflow does not know the DAG {dag_id}.", f"See {self._transport.url}/dags.", code="dag-missing"
            )
        if dag.is_paused:
            raise Refused(
                f"The DAG {dag_id} is paused.", f"Unpause it at {self._transport.url}/dags/{dag_id}.", code="dag-paused"
            )
        conf = dict(parameters or {})
        body = {"dag_run_id": dag_run_id, "logical_date": None, "conf": conf}
        answer = self._transport.ask("POST", f"/dags/{dag_id}/dagRuns", json=body)
        if answer.status_code != 409:
            return read_json(answer, DagRun.model_validate)
        before = self.run(dag_id, dag_run_id)
        if (before.conf or {}) != conf:
            raise Refused(f"The run {dag_run_id} of {dag_id} was started with other parameters.", "Use a new key.")
        return before

    def tasks(self, run: DagRun) -> list[TaskInstance]:
        """Tasks of a run in the order in which they run."""
        answer = self._transport.ask("GET", f"{_path(run.dag_id, run.dag_run_id)}/taskInstances")
        tasks = read_json(answer, lambda body: [TaskInstance.model_validate(each) for each in body["task_instances"]])
        return sorted(tasks, key=lambda task: STAGES.index(task.task_id) if task.task_id in STAGES else len(STAGES))

    def result(self, run: DagRun, task_id: str) -> dict[str, Any]:
        """JSON object that a task returned; empty when it returned none."""
        path = f"{_path(run.dag_id, run.dag_run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        answer = self._transport.ask("GET", path)
        return {} if answer.status_code == 404 else read_json(answer, lambda body: dict(body["value"]))

    def log_tail(self, run: DagRun, task: TaskInstance, lines: int = 3) -> list[str]:
        """Last lines that the command of a task wrote."""
        path = f"{_path(run.dag_id, run.dag_run_id)}/taskInstances/{task.task_id}/logs/{task.try_number}"
        answer = self._transport.ask("GET", path)
        if answer.status_code == 404:
            return []
        hook = read_json(answer, _written_by_hook)
        command = hook[hook.index("Output:") + 1 :] if "Output:" in hook else hook
        return [line for line in command if not line.startswith("Command exited")][-lines:]

    def caused_run(self, run: DagRun, dag_id: str) -> DagRun | None:
        """Newest run of `dag_id` that an asset updated by `run` has started, if there is one.

        A caused run that still waits in the queue is not told: Airflow 3.3 answers 500 to the question for its event
        until the run has a start (issue 71360 of Airflow).
        """
        source = {"source_dag_id": run.dag_id, "source_run_id": run.dag_run_id, "order_by": "-timestamp"}
        answer = self._transport.ask("GET", "/assets/events", params=source, final=(500,))
        if answer.status_code == 500:
            return None
        caused = read_json(answer, lambda body: [each for event in body["asset_events"] for each in _created(event)])
        return next((self.run(dag_id, run_id) for of_dag, run_id in caused if of_dag == dag_id), None)

    def import_errors(self) -> list[str]:
        """Last line of each traceback of a DAG file that Airflow could not read."""
        return read_json(self._transport.ask("GET", "/importErrors"), _import_errors)

    def scheduler_is_healthy(self) -> bool:
        """Whether the scheduler has said lately that it runs."""
        answer = self._transport.ask("GET", "/monitor/health")
        return read_json(answer, lambda body: bool(body["scheduler"]["status"] == "healthy"))

    def follow(self, run: DagRun, on_progress: OnProgress) -> DagRun:
        """Wait until `run` has succeeded; `on_progress` hears of each change.

        Raises:
            MatineeError: the run failed; the message carries what the failed task wrote last.
            DependencyUnreachable: the run waits in the queue and no scheduler takes it.
        """
        seen, moved = DagRunProgress(run, ()), time.monotonic()
        while True:
            tasks = tuple(self.tasks(run))
            if tasks != seen.tasks or all(task.state in ENDED for task in tasks):
                run = self.run(run.dag_id, run.dag_run_id)
            progress = DagRunProgress(run, tasks)
            if progress != seen:
                seen, moved = progress, time.monotonic()
                on_progress(progress)
            if run.state == SUCCESS:
                return run
            if run.state == FAILED:
                raise self._failure(progress)
            if time.monotonic() - moved > self._transport.absence_s and not self.scheduler_is_healthy():
                raise DependencyUnreachable("Airflow's scheduler does not run.", "See `matinee status`.")
            time.sleep(transport.POLL_S)

    def follow_caused(self, run: DagRun, dag_id: str, on_progress: OnProgress) -> DagRun:
        """Wait until `run` has caused a run of `dag_id` and that has succeeded."""
        deadline = time.monotonic() + self._transport.absence_s
        while (caused := self.caused_run(run, dag_id)) is None:
            if time.monotonic() > deadline:
                raise DependencyUnreachable(
                    f"{run.dag_id} promoted a model, but no {dag_id} run followed.",
                    f"See whether {dag_id} is paused: {self._transport.url}/dags/{dag_id}.",
                )
            time.sleep(transport.POLL_S)
        return self.follow(caused, on_progress)

    def _failure(self, progress: DagRunProgress) -> MatineeError:
        run = progress.run
        where = f"{self._transport.url}/dags/{run.dag_id}/runs/{quote(run.dag_run_id, safe='')}"
        for task in progress.tasks:
            if task.state == FAILED:
                tail = " | ".join(self.log_tail(run, task))
                return MatineeError(f"Task {task.task_id} of {run.dag_id} failed: {tail}", f"Its log: {where}")
        return MatineeError(f"Run {run.dag_run_id} of {run.dag_id} failed.", f"See {where}")


def _path(dag_id: str, dag_run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(dag_run_id, safe='')}"


def _written_by_hook(body: dict[str, Any]) -> list[str]:
    written = [entry for entry in body["content"] if isinstance(entry, dict)]
    return [entry["event"] for entry in written if "SubprocessHook" in entry.get("logger", "")]


def _created(event: dict[str, Any]) -> list[tuple[str, str]]:
    """DAG and id of each run that an event of an asset has started."""
    return [(run["dag_id"], run["run_id"]) for run in event["created_dagruns"]]


def _import_errors(body: dict[str, Any]) -> list[str]:
    return [f"{each['filename']}: {each['stack_trace'].strip().splitlines()[-1]}" for each in body["import_errors"]]
