"""Runs, logged models and registered versions of one MLflow server, written and read over its REST API.

A part of `mlflow.MlflowClient`, under its names: to import that one takes two seconds of each task of a day.
"""

import math
import time
from collections.abc import Mapping, Sequence

from matinee.clients.mlflow_http import Json, MlflowHttp
from matinee.clients.mlflow_records import (
    Experiment,
    LoggedModel,
    MlflowRun,
    MlflowVersion,
    RunData,
    RunInfo,
    RunPage,
    VersionPage,
)


class MlflowClient:
    """One MLflow server; every method raises `MlflowError`."""

    def __init__(self, url: str) -> None:
        self.http = MlflowHttp(url)

    def experiment(self, name: str) -> Experiment | None:
        """Experiment of a name, deleted or not; None when there is none."""
        body = {"filter": f"name = '{name}'", "max_results": 1, "view_type": "ALL"}
        found = self.http.ask("POST", "/experiments/search", json=body).get("experiments", [])
        return next((Experiment(str(each["experiment_id"]), _is_deleted(each)) for each in found), None)

    def restore_experiment(self, experiment_id: str) -> None:
        """Take back that an experiment was deleted, with its runs."""
        self.http.ask("POST", "/experiments/restore", json={"experiment_id": experiment_id})

    def create_experiment(self, name: str) -> str:
        """Make an experiment; returns its id."""
        return str(self.http.ask("POST", "/experiments/create", json={"name": name})["experiment_id"])

    def experiment_tags(self, experiment_id: str) -> dict[str, str]:
        """Tags of an experiment."""
        found = self.http.ask("GET", "/experiments/get", params={"experiment_id": experiment_id})
        return _named(found["experiment"].get("tags", []))

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Tag an experiment."""
        body = {"experiment_id": experiment_id, "key": key, "value": value}
        self.http.ask("POST", "/experiments/set-experiment-tag", json=body)

    def create_run(self, experiment_id: str, start_time: int, run_name: str, tags: Mapping[str, str]) -> MlflowRun:
        """Begin a run."""
        body = {
            "experiment_id": experiment_id,
            "start_time": start_time,
            "run_name": run_name,
            "tags": _pairs(tags),
        }
        return _run(self.http.ask("POST", "/runs/create", json=body)["run"])

    def get_run(self, run_id: str) -> MlflowRun:
        """One run."""
        return _run(self.http.ask("GET", "/runs/get", params={"run_id": run_id})["run"])

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str = "",
        max_results: int = 1000,
        page_token: str | None = None,
    ) -> RunPage:
        """Runs that a filter finds, newest first."""
        body = {"experiment_ids": list(experiment_ids), "filter": filter_string, "max_results": max_results}
        found = self.http.ask("POST", "/runs/search", json=body | ({"page_token": page_token} if page_token else {}))
        return RunPage([_run(each) for each in found.get("runs", [])], found.get("next_page_token", ""))

    def log(
        self,
        run_id: str,
        *,
        metrics: Mapping[str, float] | None = None,
        step: int = 0,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Add to a run, all at once."""
        now_ms = int(time.time() * 1000)
        values = [
            {"key": name, "value": _number(value), "timestamp": now_ms, "step": step}
            for name, value in (metrics or {}).items()
        ]
        body = {"run_id": run_id, "metrics": values, "params": _pairs(params or {}), "tags": _pairs(tags or {})}
        self.http.ask("POST", "/runs/log-batch", json=body)

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Tag a run."""
        self.http.ask("POST", "/runs/set-tag", json={"run_id": run_id, "key": key, "value": value})

    def set_terminated(self, run_id: str, status: str = "FINISHED") -> None:
        """End a run."""
        self.http.ask(
            "POST", "/runs/update", json={"run_id": run_id, "status": status, "end_time": int(time.time() * 1000)}
        )

    def create_logged_model(
        self, experiment_id: str, run_id: str, name: str, params: Mapping[str, object]
    ) -> LoggedModel:
        """Begin a model of a run; its files are still to come."""
        body = {"experiment_id": experiment_id, "source_run_id": run_id, "name": name, "params": _pairs(params)}
        return _logged_model(self.http.ask("POST", "/logged-models", json=body)["model"])

    def logged_models_of(self, experiment_id: str, run_id: str) -> list[LoggedModel]:
        """Models that a run began to log, whether or not their files came."""
        body = {"experiment_ids": [experiment_id], "filter": f"source_run_id = '{run_id}'"}
        return [
            _logged_model(each) for each in self.http.ask("POST", "/logged-models/search", json=body).get("models", [])
        ]

    def finish_logged_model(self, run_id: str, model_id: str) -> None:
        """Say that a model's files are there, and that the run made it."""
        ready = {"model_id": model_id, "status": "LOGGED_MODEL_READY"}
        self.http.ask("PATCH", f"/logged-models/{model_id}", json=ready)
        made = {"run_id": run_id, "models": [{"model_id": model_id, "step": 0}]}
        self.http.ask("POST", "/runs/outputs", json=made)

    def logged_model_location(self, model_id: str) -> str:
        """URI of the files of a logged model."""
        return str(self.http.ask("GET", f"/logged-models/{model_id}")["model"]["info"]["artifact_uri"])

    def create_registered_model(self, name: str, description: str) -> None:
        """Make a registered model, unless there is one of this name."""
        found = self.http.ask("GET", "/registered-models/search", params={"filter": f"name = '{name}'"})
        if not found.get("registered_models"):
            self.http.ask("POST", "/registered-models/create", json={"name": name, "description": description})

    def create_model_version(
        self, name: str, source: str, run_id: str, tags: Mapping[str, str], description: str, model_id: str
    ) -> MlflowVersion:
        """Register a logged model as the next version."""
        body = {
            "name": name,
            "source": source,
            "run_id": run_id,
            "tags": _pairs(tags),
            "description": description,
            "model_id": model_id,
        }
        return _version(self.http.ask("POST", "/model-versions/create", json=body)["model_version"])

    def get_model_version(self, name: str, version: str) -> MlflowVersion:
        """One version."""
        found = self.http.ask("GET", "/model-versions/get", params={"name": name, "version": version})
        return _version(found["model_version"])

    def get_model_version_by_alias(self, name: str, alias: str) -> MlflowVersion:
        """The version that an alias names."""
        found = self.http.ask("GET", "/registered-models/alias", params={"name": name, "alias": alias})
        return _version(found["model_version"])

    def search_model_versions(
        self,
        filter_string: str,
        max_results: int = 1000,
        order_by: Sequence[str] = (),
        page_token: str | None = None,
    ) -> VersionPage:
        """Versions that a filter finds."""
        parameters = {"filter": filter_string, "max_results": str(max_results), "order_by": list(order_by)}
        found = self.http.ask(
            "GET", "/model-versions/search", params=parameters | ({"page_token": page_token} if page_token else {})
        )
        versions = [_version(each) for each in found.get("model_versions", [])]
        return VersionPage(versions, found.get("next_page_token", ""))

    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Tag a version."""
        body = {"name": name, "version": version, "key": key, "value": value}
        self.http.ask("POST", "/model-versions/set-tag", json=body)

    def delete_model_version_tag(self, name: str, version: str, key: str) -> None:
        """Take a tag from a version."""
        self.http.ask("DELETE", "/model-versions/delete-tag", json={"name": name, "version": version, "key": key})

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Have an alias name a version."""
        self.http.ask("POST", "/registered-models/alias", json={"name": name, "alias": alias, "version": version})


def _pairs(named: Mapping[str, object]) -> list[Json]:
    return [{"key": key, "value": str(value)} for key, value in named.items()]


def _named(pairs: Sequence[Json]) -> dict[str, str]:
    return {str(each["key"]): str(each.get("value", "")) for each in pairs}


def _is_deleted(found: Json) -> bool:
    return bool(found.get("lifecycle_stage") == "deleted")


def _number(value: float) -> float | str:
    """A number as MLflow's JSON has it, which spells those that JSON has not."""
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def _run(found: Json) -> MlflowRun:
    info, data = found["info"], found.get("data", {})
    ended = info.get("end_time")
    return MlflowRun(
        RunInfo(
            run_id=str(info["run_id"]),
            experiment_id=str(info.get("experiment_id", "")),
            status=str(info["status"]),
            start_time=int(info.get("start_time", 0)),
            end_time=None if ended is None else int(ended),
            artifact_uri=str(info.get("artifact_uri", "")),
            is_deleted=_is_deleted(info),
        ),
        RunData(
            tags=_named(data.get("tags", [])),
            params=_named(data.get("params", [])),
            metrics={str(each["key"]): float(each["value"]) for each in data.get("metrics", [])},
        ),
    )


def _logged_model(found: Json) -> LoggedModel:
    return LoggedModel(str(found["info"]["model_id"]), str(found["info"]["artifact_uri"]))


def _version(found: Json) -> MlflowVersion:
    return MlflowVersion(
        version=str(found["version"]),
        run_id=str(found.get("run_id", "")),
        source=str(found.get("source", "")),
        creation_timestamp=int(found["creation_timestamp"]),
        tags=_named(found.get("tags", [])),
    )
