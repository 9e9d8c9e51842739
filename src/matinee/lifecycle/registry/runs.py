"""Trainings as runs of MLflow: logged, found again, evaluated."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path

import polars as pl
import structlog

from matinee import artifact, clock
from matinee.clients.mlflow_http import MlflowError
from matinee.clients.mlflow_records import MlflowRun
from matinee.errors import BadData, NotFound
from matinee.evaluation.decision import Decision
from matinee.evaluation.soundness import MEMORY_DAYS
from matinee.lifecycle.registry.connection import Connection
from matinee.lifecycle.registry.logged_model import log_model
from matinee.lifecycle.registry.records import (
    CHOICES,
    FILES,
    UNREGISTERED,
    Training,
    TrainingRun,
    learned,
    training_key,
    training_run,
)

log = structlog.get_logger()

LATELY = 7
"""Trainings among which that of the newest day is looked for: the first one by time, unless a clock has stepped."""


class TrainingRuns(Connection):
    """Runs of the project's experiment."""

    def training_run(self, run_id: str) -> TrainingRun:
        """The logged training `run_id`.

        Raises:
            NotFound: there is none, or somebody has deleted its model.
        """
        with self._answers(f"MLflow has no run {run_id}."):
            run = training_run(self._client.get_run(run_id))
        self._learned[run_id] = learned(run)
        with self._answers(f"MLflow has no model of run {run_id}."):
            return replace(run, source=self._client.logged_model_location(run.model_id))

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
                if run.info.status == "FINISHED":
                    finished = run.info.run_id if _read(run) else finished
                elif run.info.status == "RUNNING":
                    self._client.set_terminated(run.info.run_id, "KILLED")
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
        }
        tags |= {"matinee.challenger": "yes"} if training.is_challenger else {}
        tags |= {} if training.choices is None else {CHOICES: training.choices.as_json}
        with self._answers():
            run = self._client.create_run(
                self._experiment_id(),
                start_time=int(training.started_at.timestamp() * 1000),
                run_name=f"chunk-{manifest.chunk_id:05d}-{manifest.algorithm}",
                tags=tags,
            )
            with self._running(run.info.run_id):
                parameters = _parameters(training)
                metrics = dict(training.metrics)
                self._client.log(run.info.run_id, metrics=metrics, step=manifest.chunk_id, params=parameters)
                for name, page in training.reports.items():
                    self._files.upload(run.info.artifact_uri, name, page.encode())
                log_model(self._client, self._files, run, parameters, training.folder)
        return str(run.info.run_id)

    @contextmanager
    def _running(self, run_id: str) -> Iterator[None]:
        """End a run when the block ends, well or not."""
        try:
            yield
        except BaseException:
            with suppress(MlflowError):  # what is told is why the block ended
                self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id)

    def log_refused_chunk(self, chunk_id: int, name: str, page: str) -> str:
        """Keep the report of a chunk that nothing is learned from, in a run of its own; returns its address.

        The same chunk has one such run, whoever asks again.
        """
        with self._answers():
            experiment_id = self._experiment_id()
            found = self._client.search_runs([experiment_id], f"tags.`matinee.refused_chunk` = '{chunk_id}'").runs
            run = found[0] if found else self._refused_run(experiment_id, chunk_id)
            self._files.upload(run.info.artifact_uri, name, page.encode())
            self._client.set_terminated(run.info.run_id)
        return f"{self._link}/#/experiments/{experiment_id}/runs/{run.info.run_id}/artifacts/{name}"

    def _refused_run(self, experiment_id: str, chunk_id: int) -> MlflowRun:
        tags = {"matinee.refused_chunk": str(chunk_id)}
        name, now_ms = f"chunk-{chunk_id:05d}-refused", int(clock.now().timestamp() * 1000)
        return self._client.create_run(experiment_id, now_ms, name, tags)

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
        table = BytesIO()
        per_user.write_parquet(table)
        tags = {"matinee.reason": decision.reason, "matinee.compared_with": decision.compared_with or ""}
        with self._answers():
            location = self._client.get_run(run.run_id).info.artifact_uri
            self._files.upload(location, "decision.json", decision.model_dump_json(indent=2).encode())
            self._files.upload(location, "per_user.parquet", table.getvalue())
            self._client.log(run.run_id, metrics=metrics, step=run.chunk_id, tags=tags)
            # Last: with a verdict the evaluation is finished.
            self._client.set_tag(run.run_id, "matinee.verdict", decision.verdict)

    def log_metrics(self, run: TrainingRun, metrics: Mapping[str, float]) -> None:
        """Add metrics to a training.

        Raises:
            NotFound: somebody has deleted it in MLflow.
        """
        with self._answers(f"Run {run.run_id} takes no metric: somebody has deleted it in MLflow."):
            self._client.log(run.run_id, metrics=metrics, step=run.chunk_id)

    def earlier_trainings(self, run: TrainingRun, limit: int = MEMORY_DAYS) -> list[TrainingRun]:
        """The last evaluated trainings of the same algorithm and hyper-parameters on earlier chunks, newest first.

        Args:
            run: the training.
            limit: at most so many; older ones are not even read.
        """
        with self._answers():
            alike = f"tags.`matinee.verdict` != '' and params.algorithm = '{run.algorithm}'"
            own = run.algorithm, run.hyperparameters, run.chunk_id - 1
            found = (each for each in self._trainings(alike) if each.is_of(*own))
            return sorted(islice(found, limit), key=lambda each: each.chunk_id, reverse=True)

    def trainings_on(self, run: TrainingRun, chunk_id: int) -> list[TrainingRun]:
        """The evaluated trainings of the same algorithm and hyper-parameters on one chunk, newest first."""
        with self._answers():
            alike = f"tags.`matinee.chunk_id` = '{chunk_id}' and tags.`matinee.verdict` != ''"
            own = run.algorithm, run.hyperparameters, chunk_id
            return [each for each in self._trainings(alike) if each.is_of(*own)]

    def trainings_with_choices(
        self, algorithm: str, hyperparameters: Mapping[str, float], last_chunk_id: int, limit: int = MEMORY_DAYS
    ) -> list[TrainingRun]:
        """The last finished trainings that have `choices`, newest first.

        Args:
            algorithm: its name.
            hyperparameters: its values; with others, others are chosen.
            last_chunk_id: newest chunk that they may know.
            limit: at most so many; older ones are not even read.
        """
        with self._answers():
            alike = f"tags.`{CHOICES}` != '' and params.algorithm = '{algorithm}' and status = 'FINISHED'"
            own = algorithm, hyperparameters, last_chunk_id
            return list(islice((each for each in self._trainings(alike) if each.is_of(*own)), limit))

    def newest_refresh(self) -> TrainingRun | None:
        """The evaluated training of the newest day, challengers left aside; None before the first.

        That is the newest chunk among the last trainings: one that began while a clock was ahead is no newer day.
        """
        with self._answers():
            found = self._trainings("tags.`matinee.verdict` != ''")
            refreshes = islice((each for each in found if not each.is_challenger), LATELY)
            return max(refreshes, key=lambda each: each.chunk_id, default=None)

    def _trainings(self, filter_string: str) -> Iterator[TrainingRun]:
        """Those that a filter finds, newest first, without the address of their files; none that people spoilt."""
        return (read for run in self._search(filter_string) if (read := _read(run)))

    @contextmanager
    def downloaded(self, run: TrainingRun) -> Iterator[Path]:
        """Temporary folder with the data artifact of a training.

        Raises:
            BadData: MLflow is there and the files are not.
            NotFound: somebody has deleted the model, or the run for ever.
        """
        with tempfile.TemporaryDirectory() as folder:
            yield self._fetched(run, folder)

    def _fetched(self, run: TrainingRun, folder: str) -> Path:
        source = run.source or self.training_run(run.run_id).source
        with self._answers():
            try:
                self._files.download(f"{source}/artifacts/{artifact.FOLDER}", Path(folder))
                return Path(folder)
            except MlflowError as error:
                if not self._is_there():
                    raise
                raise BadData(
                    f"The files of run {run.run_id} are gone from MLflow ({error}).", "Train again: matinee train."
                ) from error

    def metrics_by_run(self) -> dict[str, dict[str, float]]:
        """Metrics of every run of the experiment, by run id."""
        with self._answers():
            return {str(run.info.run_id): dict(run.data.metrics) for run in self._search()}


def _read(run: MlflowRun) -> TrainingRun | None:
    """A training that a search found; None, and a warning, of one whose tags somebody has spoilt."""
    try:
        return training_run(run)
    except NotFound as error:
        log.warning("run_left_out", run_id=run.info.run_id, because=str(error))
        return None


def _parameters(training: Training) -> dict[str, float | str]:
    return {"algorithm": training.manifest.algorithm, **training.hyperparameters, **_chosen(training)}


def _chosen(training: Training) -> dict[str, float | str]:
    """What was chosen, as parameters that people see beside those that were given."""
    if training.choices is None:
        return {}
    values = {f"chosen.{name}": value for name, value in training.choices.values.items()}
    return {**values, "choices": training.choices_why}
