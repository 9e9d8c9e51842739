"""MLflow, and nothing else: runs, logged models, registered versions, and which of them is in production.

The alias `production` is the one truth of what is in production. The version tag `stage` mirrors it for people who
read MLflow's pages: `production`, `archived` or `rejected`; `repair` makes the tags agree with the alias.
This is the only module that imports mlflow (besides `artifact/pyfunc.py`, which only MLflow itself runs).
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx
import polars as pl

from matinee import artifact
from matinee.clients.mlflow_rest import ALIAS, NAME
from matinee.errors import DependencyUnreachable, NotFound
from matinee.evaluation.gate import Decision, Verdict
from matinee.settings import Settings

# Two quick tries instead of MLflow's seven with minutes between them: Airflow retries the whole task.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # stdout is for results
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Run, RunStatus
from mlflow.entities.model_registry import ModelVersion as MlflowVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

_PACKAGE = Path(__file__).parents[1]


def create_tables(url: str) -> None:
    """Make MLflow's tables in the database at `url`, if it has none yet."""
    MlflowClient(url, url).search_experiments(max_results=1)


@dataclass(frozen=True)
class Training:
    """What a finished fit leaves to be logged."""

    manifest: artifact.Manifest
    folder: Path
    """The written artifact."""
    hyperparameters: Mapping[str, float]
    metrics: Mapping[str, float]
    """Duration, memory and counts of the training."""
    started_at: datetime
    reports: Mapping[str, str] = field(default_factory=dict)
    """Pages by file name, for people."""


@dataclass(frozen=True)
class TrainingRun:
    """A logged training."""

    run_id: str
    chunk_id: int
    algorithm: str
    hyperparameters: dict[str, float]
    data_through: str
    model_id: str
    """The logged model."""
    source: str
    """URI of the logged model's files."""
    metrics: dict[str, float]
    verdict: Verdict | None
    """None until the run is evaluated."""
    reason: str


@dataclass(frozen=True)
class ModelVersion:
    """A registered version."""

    version: str
    run_id: str
    stage: str
    """`production`, `archived`, `rejected`, or empty before the first decision."""
    chunk_id: int
    data_through: str
    verdict: str
    reason: str
    created_at: datetime


class Registry:
    """The project's experiment and registered model on one MLflow server."""

    def __init__(self, settings: Settings) -> None:
        """Connect.

        Raises:
            DependencyUnreachable: MLflow does not answer.
        """
        self._url, self._link = settings.mlflow, settings.mlflow_link
        try:
            httpx.get(f"{self._url}/health", timeout=5).raise_for_status()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        mlflow.set_tracking_uri(self._url)
        mlflow.set_registry_uri(self._url)
        self._client = MlflowClient(self._url, self._url)

    def training_run(self, run_id: str) -> TrainingRun:
        """The logged training `run_id`.

        Raises:
            NotFound: there is none.
        """
        with self._answers(f"MLflow has no run {run_id}."):
            run = self._client.get_run(run_id)
            if "matinee.model_id" not in run.data.tags:
                raise NotFound(f"Run {run_id} logged no model.", "Train again: matinee train.")
            model_id = run.data.tags["matinee.model_id"]
            return _training_run(run, model_id, self._client.get_logged_model(model_id).artifact_location)

    def finished_training(self, chunk_id: int, algorithm: str, hyperparameters: Mapping[str, float]) -> str | None:
        """Run id of a finished training of the same algorithm on the same chunk, if there is one.

        A training that was killed while it logged is marked as such.
        """
        key = _training_key(chunk_id, algorithm, hyperparameters)
        finished = None
        with self._answers():
            for run in self._client.search_runs([self._experiment_id()], f"tags.`matinee.training` = '{key}'"):
                if run.info.status == RunStatus.to_string(RunStatus.FINISHED):
                    finished = str(run.info.run_id)
                elif run.info.status == RunStatus.to_string(RunStatus.RUNNING):
                    self._client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
        return finished

    def log_training(self, training: Training) -> str:
        """Log parameters, metrics and the model; returns the run id."""
        manifest = training.manifest
        tags = {
            "matinee.training": _training_key(manifest.chunk_id, manifest.algorithm, training.hyperparameters),
            "matinee.hyperparameters": json.dumps(dict(training.hyperparameters)),
            "matinee.chunk_id": str(manifest.chunk_id),
            "matinee.data_through": manifest.data_through.isoformat(),
        }
        with self._answers():
            run = self._client.create_run(
                self._experiment_id(),
                start_time=int(training.started_at.timestamp() * 1000),
                run_name=f"chunk-{manifest.chunk_id:05d}-{manifest.algorithm}",
                tags=tags,
            )
            with mlflow.start_run(run_id=run.info.run_id):
                mlflow.log_params({"algorithm": manifest.algorithm, **training.hyperparameters})
                mlflow.log_metrics(dict(training.metrics), step=manifest.chunk_id)
                for name, page in training.reports.items():
                    mlflow.log_text(page, name)
                mlflow.set_tag("matinee.model_id", _log_model(training.folder))
        return str(run.info.run_id)

    def log_refused_chunk(self, chunk_id: int, name: str, page: str) -> str:
        """Keep the report of a chunk that nothing is learned from, in a run of its own; returns its address.

        The same chunk has one such run, whoever asks again.
        """
        with self._answers():
            experiment_id = self._experiment_id()
            known = self._client.search_runs([experiment_id], f"tags.`matinee.refused_chunk` = '{chunk_id}'")
            if known:
                run_id = known[0].info.run_id
            else:
                tags = {"matinee.refused_chunk": str(chunk_id)}
                run = self._client.create_run(experiment_id, run_name=f"chunk-{chunk_id:05d}-refused", tags=tags)
                run_id = run.info.run_id
            self._client.log_text(run_id, page, name)
            self._client.set_terminated(run_id)
        return f"{self._link}/#/experiments/{experiment_id}/runs/{run_id}/artifacts/{name}"

    def log_evaluation(
        self, run: TrainingRun, metrics: Mapping[str, float], per_user: pl.DataFrame, decision: Decision
    ) -> None:
        """Add an evaluation and its decision to a training.

        Args:
            run: the training.
            metrics: means by name.
            per_user: values of each evaluated user for each contender, kept as `per_user.parquet`.
            decision: kept as `decision.json`, and its verdict and reason as tags.
        """
        with self._answers(), tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "decision.json").write_text(decision.model_dump_json(indent=2))
            per_user.write_parquet(Path(folder) / "per_user.parquet")
            self._client.log_artifacts(run.run_id, folder)
            now_ms = int(datetime.now(UTC).timestamp() * 1000)
            values = [Metric(name, value, now_ms, run.chunk_id) for name, value in metrics.items()]
            self._client.log_batch(run.run_id, metrics=values)
            self._client.set_tag(run.run_id, "matinee.reason", decision.reason)
            self._client.set_tag(run.run_id, "matinee.verdict", decision.verdict)

    def earlier_evaluations(self, run: TrainingRun) -> Iterator[pl.DataFrame]:
        """`per_user` values of earlier chunks' runs of the same algorithm and hyper-parameters, newest first."""
        with self._answers():
            found = self._client.search_runs([self._experiment_id()], "tags.`matinee.verdict` != ''")
        for other in sorted(found, key=lambda each: int(each.data.tags["matinee.chunk_id"]), reverse=True):
            if _is_earlier(other, run):
                with self._answers(), tempfile.TemporaryDirectory() as folder:
                    path = mlflow.artifacts.download_artifacts(
                        run_id=other.info.run_id, artifact_path="per_user.parquet", dst_path=folder
                    )
                    yield pl.read_parquet(path)

    @contextmanager
    def downloaded(self, run: TrainingRun) -> Iterator[Path]:
        """Temporary folder with the data artifact of a training."""
        with tempfile.TemporaryDirectory() as folder:
            with self._answers():
                uri = f"{run.source}/artifacts/{artifact.FOLDER}"
                local = mlflow.artifacts.download_artifacts(uri, dst_path=folder)
            yield Path(local)

    def register(self, run: TrainingRun) -> str:
        """Version of a training; the same training is registered once."""
        with self._answers():
            if not self._client.search_registered_models(f"name = '{NAME}'"):
                self._client.create_registered_model(NAME, description="Ranks movies for people; retrained daily.")
            known = self._client.search_model_versions(f"name = '{NAME}' and run_id = '{run.run_id}'")
            if known:
                return str(known[0].version)
            tags = {
                "run_id": run.run_id,
                "chunk_id": str(run.chunk_id),
                "data_through": run.data_through,
                "verdict": run.verdict or "",
                "reason": run.reason,
                "metrics_of": f"its twin, fitted without chunk {run.chunk_id}" if run.verdict else "nothing yet",
            }
            created = self._client.create_model_version(
                NAME, run.source, run.run_id, tags=tags, description=run.reason, model_id=run.model_id
            )
            return str(created.version)

    def move_production(self, version: str) -> None:
        """Put `version` into production; all others become archived."""
        with self._answers(f"There is no version {version}."):
            self._client.get_model_version(NAME, version)
            self._client.set_registered_model_alias(NAME, ALIAS, version)
        self.repair()

    def reject(self, version: str) -> None:
        """Mark a version that the gate refused."""
        with self._answers():
            self._client.set_model_version_tag(NAME, version, "stage", "rejected")

    def repair(self) -> None:
        """Make the tag `stage` of every version agree with the alias; the old production is untagged first."""
        production = self.production()
        in_production = production.version if production else None
        for version in sorted(self.versions(), key=lambda each: each.version == in_production):
            stage = _stage(version, in_production)
            if version.stage != stage:
                with self._answers():
                    self._client.set_model_version_tag(NAME, version.version, "stage", stage)

    def version(self, version: str) -> ModelVersion:
        """One version.

        Raises:
            NotFound: there is none.
        """
        with self._answers(f"There is no version {version}."):
            return _version(self._client.get_model_version(NAME, version))

    def production(self) -> ModelVersion | None:
        """The version in production."""
        with self._answers():
            try:
                return _version(self._client.get_model_version_by_alias(NAME, ALIAS))
            except MlflowException as error:
                if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                    return None
                raise

    def versions(self) -> list[ModelVersion]:
        """All versions, newest first."""
        with self._answers():
            found = self._client.search_model_versions(f"name = '{NAME}'")
        return sorted((_version(each) for each in found), key=lambda each: int(each.version), reverse=True)

    def metrics_by_run(self) -> dict[str, dict[str, float]]:
        """Metrics of every run of the experiment, by run id."""
        with self._answers():
            runs = self._client.search_runs([self._experiment_id()])
        return {str(run.info.run_id): dict(run.data.metrics) for run in runs}

    def _experiment_id(self) -> str:
        experiment = self._client.get_experiment_by_name(NAME)
        return str(experiment.experiment_id if experiment else self._client.create_experiment(NAME))

    @contextmanager
    def _answers(self, otherwise: str = "") -> Iterator[None]:
        """Turn MLflow's errors into ours; `otherwise` is said when what was asked for does not exist."""
        try:
            yield
        except MlflowException as error:
            if otherwise and error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                raise NotFound(otherwise, "See them with: matinee versions.") from error
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> DependencyUnreachable:
        return DependencyUnreachable(
            f"MLflow at {self._url} is unavailable ({error}).", "Is it running? See: matinee status."
        )


def _log_model(folder: Path) -> str:
    """Log the artifact as a pyfunc; returns the id of the logged model."""
    signature = ModelSignature(
        inputs=Schema([ColSpec(DataType.string, "user_id")]), params=ParamSchema([ParamSpec("k", DataType.long, 10)])
    )
    example = pl.read_parquet(folder / artifact.USERS, columns=["user_id"], n_rows=1).to_pandas()
    with tempfile.TemporaryDirectory() as code:
        ranking = Path(code) / "ranking"
        shutil.copytree(_PACKAGE / "ranking", ranking, ignore=shutil.ignore_patterns("__pycache__"))
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(_PACKAGE / "artifact" / "pyfunc.py"),
            artifacts={artifact.FOLDER: str(folder), "ranking": str(ranking)},
            pip_requirements=[f"mlflow=={mlflow.__version__}", "numpy", "pandas", "pyarrow", "safetensors"],
            signature=signature,
            input_example=example,
        )
    return str(info.model_id)


def _training_key(chunk_id: int, algorithm: str, hyperparameters: Mapping[str, float]) -> str:
    return f"chunk {chunk_id} {algorithm} {json.dumps(dict(hyperparameters), sort_keys=True)}"


def _training_run(run: Run, model_id: str, source: str) -> TrainingRun:
    tags = run.data.tags
    return TrainingRun(
        run_id=run.info.run_id,
        chunk_id=int(tags["matinee.chunk_id"]),
        algorithm=run.data.params["algorithm"],
        hyperparameters=json.loads(tags["matinee.hyperparameters"]),
        data_through=tags["matinee.data_through"],
        model_id=model_id,
        source=source,
        metrics=dict(run.data.metrics),
        verdict=cast("Verdict | None", tags.get("matinee.verdict")),
        reason=tags.get("matinee.reason", ""),
    )


def _is_earlier(other: Run, run: TrainingRun) -> bool:
    tags = other.data.tags
    is_alike = (other.data.params["algorithm"], json.loads(tags["matinee.hyperparameters"])) == (
        run.algorithm,
        run.hyperparameters,
    )
    return is_alike and int(tags["matinee.chunk_id"]) < run.chunk_id


def _version(version: MlflowVersion) -> ModelVersion:
    tags = version.tags
    return ModelVersion(
        version=str(version.version),
        run_id=version.run_id or "",
        stage=tags.get("stage", ""),
        chunk_id=int(tags.get("chunk_id", 0)),
        data_through=tags.get("data_through", ""),
        verdict=tags.get("verdict", ""),
        reason=tags.get("reason", ""),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
    )


def _stage(version: ModelVersion, in_production: str | None) -> str:
    if version.version == in_production:
        return "production"
    if version.stage == "rejected":
        return "rejected"
    is_undecided = not version.stage and (in_production is None or int(version.version) > int(in_production))
    return "" if is_undecided else "archived"
