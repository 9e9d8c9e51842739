"""Trainings as runs of MLflow: logged, found again, evaluated."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import mlflow
import polars as pl
from mlflow.entities import Metric, RunStatus
from mlflow.exceptions import MlflowException

from matinee import artifact
from matinee.errors import BadData, NotFound
from matinee.evaluation.decision import Decision
from matinee.evaluation.soundness import MEMORY_DAYS
from matinee.lifecycle.registry.connection import Connection
from matinee.lifecycle.registry.logged_model import log_model
from matinee.lifecycle.registry.records import (
    FILES,
    UNREGISTERED,
    Training,
    TrainingRun,
    is_earlier,
    training_key,
    training_run,
)


class TrainingRuns(Connection):
    """Runs of the project's experiment."""

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
            return training_run(run, model_id, self._client.get_logged_model(model_id).artifact_location)

    def finished_training(
        self, chunk_id: int, algorithm: str, hyperparameters: Mapping[str, float], data_key: str = ""
    ) -> str | None:
        """Run id of a finished training of the same algorithm on the same chunk, if there is one.

        A training that was killed while it logged is marked as such.

        Args:
            chunk_id: the newest chunk.
            algorithm: its name.
            hyperparameters: its values.
            data_key: names what was learned of the chunks, which people and settings can change afterwards.
        """
        key = training_key(chunk_id, algorithm, hyperparameters, data_key)
        finished = None
        with self._answers():
            for run in self._search(f"tags.`matinee.training` = '{key}'"):
                if run.info.status == RunStatus.to_string(RunStatus.FINISHED):
                    finished = str(run.info.run_id)
                elif run.info.status == RunStatus.to_string(RunStatus.RUNNING):
                    self._client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
        return finished

    def log_training(self, training: Training) -> str:
        """Log parameters, metrics and the model; returns the run id."""
        manifest = training.manifest
        tags = {
            "matinee.training": training_key(
                manifest.chunk_id, manifest.algorithm, training.hyperparameters, training.data_key
            ),
            "matinee.hyperparameters": json.dumps(dict(training.hyperparameters)),
            "matinee.chunk_id": str(manifest.chunk_id),
            "matinee.data_through": manifest.data_through.isoformat(),
            "matinee.specification": training.specification or manifest.algorithm,
            "matinee.withdrawals": str(training.withdrawals),
            FILES: UNREGISTERED,
        } | ({"matinee.challenger": "yes"} if training.is_challenger else {})
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
                mlflow.set_tag("matinee.model_id", log_model(training.folder))
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
            self.log_metrics(run, metrics)
            self._client.set_tag(run.run_id, "matinee.reason", decision.reason)
            self._client.set_tag(run.run_id, "matinee.compared_with", decision.compared_with or "")
            self._client.set_tag(run.run_id, "matinee.verdict", decision.verdict)

    def log_metrics(self, run: TrainingRun, metrics: Mapping[str, float]) -> None:
        """Add metrics to a training."""
        now_ms = int(datetime.now(UTC).timestamp() * 1000)
        with self._answers():
            values = [Metric(name, value, now_ms, run.chunk_id) for name, value in metrics.items()]
            self._client.log_batch(run.run_id, metrics=values)

    def earlier_trainings(self, run: TrainingRun, limit: int = MEMORY_DAYS) -> list[TrainingRun]:
        """The last evaluated trainings of the same algorithm and hyper-parameters on earlier chunks, newest first.

        Args:
            run: the training.
            limit: at most so many; older ones are not even read.
        """
        with self._answers():
            alike = f"tags.`matinee.verdict` != '' and params.algorithm = '{run.algorithm}'"
            last = islice((each for each in self._search(alike) if is_earlier(each, run)), limit)
            newest = sorted(last, key=lambda each: int(each.data.tags["matinee.chunk_id"]), reverse=True)
            return [training_run(each, each.data.tags["matinee.model_id"], "") for each in newest]

    def newest_refresh(self) -> TrainingRun | None:
        """The evaluated training of the newest day, challengers left aside; None before the first."""
        with self._answers():
            for each in self._search("tags.`matinee.verdict` != ''"):  # newest first
                if "matinee.challenger" not in each.data.tags:
                    return training_run(each, each.data.tags["matinee.model_id"], "")
        return None

    @contextmanager
    def downloaded(self, run: TrainingRun) -> Iterator[Path]:
        """Temporary folder with the data artifact of a training.

        Raises:
            BadData: MLflow is there and the files are not.
        """
        with tempfile.TemporaryDirectory() as folder:
            yield self._fetched(run, folder)

    def _fetched(self, run: TrainingRun, folder: str) -> Path:
        source = run.source or self.training_run(run.run_id).source
        with self._answers():
            try:
                uri = f"{source}/artifacts/{artifact.FOLDER}"
                return Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
            except MlflowException as error:
                if not self._is_there():
                    raise
                raise BadData(
                    f"The files of run {run.run_id} are gone from MLflow ({error}).", "Train again: matinee train."
                ) from error

    def metrics_by_run(self) -> dict[str, dict[str, float]]:
        """Metrics of every run of the experiment, by run id."""
        with self._answers():
            return {str(run.info.run_id): dict(run.data.metrics) for run in self._search()}
