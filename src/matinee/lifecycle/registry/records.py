"""What is kept in MLflow of a training and of a version, as our own types."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import structlog

from matinee import artifact
from matinee.clients.mlflow_records import MlflowRun, MlflowVersion
from matinee.errors import NotFound, UsageError
from matinee.evaluation.decision import Verdict
from matinee.lifecycle.registry.logged_model import MODEL_ID
from matinee.models.choices import Choices
from matinee.models.specification import Specification, configuration

log = structlog.get_logger()

FILES, UNREGISTERED, REGISTERED = "matinee.files", "of no version", "of a version"
"""Tag of a run that logged a model, and of a version that has its files, and its values: whose the files are."""

CHOICES = "matinee.choices"
"""Tag of a run whose algorithm has chosen something."""

AGAIN = "Train again: matinee train."
"""What helps whoever has a run that is no training."""


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
    data_key: str = ""
    """Names what was learned of the chunks up to the newest: see `finished_training`."""
    reports: Mapping[str, str] = field(default_factory=dict)
    """Pages by file name, for people."""
    specification: str = ""
    """Of the algorithm (`models.specification`); empty for its name alone."""
    is_challenger: bool = False
    """Whether it goes into production only when it has shown to be better than the champion."""
    withdrawals: int = 0
    """Number of the newest withdrawal before its ratings were read (`FeedbackStore.newest_withdrawal`)."""
    choices: Choices | None = None
    """Those that it was fitted with; None for an algorithm that makes none."""
    choices_why: str = ""
    """Whether they were made for it or kept, and why."""


@dataclass(frozen=True)
class TrainingRun:
    """A logged training."""

    run_id: str
    chunk_id: int
    algorithm: str
    hyperparameters: dict[str, float]
    data_through: datetime
    model_id: str
    """The logged model."""
    source: str
    """URI of the logged model's files."""
    metrics: dict[str, float]
    verdict: Verdict | None
    """None until the run is evaluated."""
    reason: str
    compared_with: str | None
    """Version that was in production when it was evaluated; None when none was."""
    specification: str = ""
    """As in `Training`."""
    is_challenger: bool = False
    withdrawals: int = 0
    """As in `Training`; 0 of one that matinee 0.1 logged."""
    choices: Choices | None = None
    """As in `Training`; None of one that an earlier matinee logged, too."""

    @property
    def configuration(self) -> str:
        """Algorithm and hyper-parameters, as a text."""
        return configuration(self.algorithm, self.hyperparameters)

    def is_of(self, algorithm: str, hyperparameters: Mapping[str, float], last_chunk_id: int) -> bool:
        """Whether it is of an algorithm with these hyper-parameters, and of one of the chunks up to the last."""
        own = self.algorithm, self.hyperparameters
        return own == (algorithm, dict(hyperparameters)) and self.chunk_id <= last_chunk_id


@dataclass(frozen=True)
class ModelVersion:
    """A registered version."""

    version: str
    run_id: str
    stage: str
    """`production`, `archived`, `rejected`, or empty before the first decision."""
    chunk_id: int
    """0 of a version that people made."""
    data_through: str
    """In ISO 8601; empty of a version that people made."""
    verdict: str
    reason: str
    created_at: datetime
    is_pinned: bool = False
    has_artifacts: bool = True
    """False once retention has removed, or begins to remove, its files: it cannot be served again."""
    is_gone: bool = False
    """Whether they are removed to the end."""
    source: str = ""
    """URI of the files of its model."""


def training_key(chunk_id: int, algorithm: str, hyperparameters: Mapping[str, float], data_key: str) -> str:
    """What a training is found again by; `data_key` changes when the same chunks are learned from in another way."""
    return f"chunk {chunk_id} {algorithm} {json.dumps(dict(hyperparameters), sort_keys=True)} {data_key}"


def training_run(run: MlflowRun, source: str = "") -> TrainingRun:
    """A run as it is kept; `source` is the address of its model's files.

    Raises:
        NotFound: it logged no model, or somebody has changed its tags so that they say no more what was trained.
    """
    tags = run.data.tags
    if MODEL_ID not in tags:
        raise NotFound(f"Run {run.info.run_id} logged no model.", AGAIN)
    try:
        return TrainingRun(
            run_id=run.info.run_id,
            chunk_id=int(tags["matinee.chunk_id"]),
            algorithm=run.data.params["algorithm"],
            hyperparameters=dict(json.loads(tags["matinee.hyperparameters"])),
            data_through=_moment(tags["matinee.data_through"]),
            model_id=tags[MODEL_ID],
            source=source,
            metrics=dict(run.data.metrics),
            verdict=cast("Verdict | None", tags.get("matinee.verdict")),
            reason=tags.get("matinee.reason", ""),
            compared_with=tags.get("matinee.compared_with") or None,
            specification=_specification(run),
            is_challenger="matinee.challenger" in tags,
            withdrawals=int(tags.get("matinee.withdrawals", 0)),
            choices=Choices.of_json(tags[CHOICES]) if CHOICES in tags else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise NotFound(f"Tags of run {run.info.run_id} are not as matinee wrote them ({error!r}).", AGAIN) from error


def _specification(run: MlflowRun) -> str:
    """What the tag says; of a run whose tag people made say something else, that of its hyper-parameters."""
    algorithm, told = run.data.params["algorithm"], run.data.tags.get("matinee.specification")
    try:
        if not told or Specification.parse(told).algorithm == algorithm:
            return told or algorithm
    except UsageError as error:
        log.warning("specification_does_not_parse", run_id=run.info.run_id, because=str(error))
    hyperparameters = json.loads(run.data.tags["matinee.hyperparameters"])
    return ":".join([algorithm, *(f"{name}={value}" for name, value in hyperparameters.items())])


def learned(run: TrainingRun) -> tuple[int, str]:
    """The newest chunk that a training has learned, and the end of its data in ISO 8601: as a version tells them."""
    return run.chunk_id, run.data_through.isoformat()


def model_version(version: MlflowVersion) -> ModelVersion:
    """A version with what its tags say."""
    tags = version.tags
    return ModelVersion(
        version=str(version.version),
        run_id=version.run_id or "",
        stage=tags.get("stage", ""),
        chunk_id=_chunk_id(tags.get("chunk_id", "")),
        data_through=_if_moment(tags.get("data_through", "")),
        verdict=tags.get("verdict", ""),
        reason=tags.get("reason", ""),
        created_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        is_pinned="pinned" in tags,
        has_artifacts="artifacts" not in tags,
        is_gone=tags.get("artifacts") == "gone",
        source=version.source or "",
    )


def _chunk_id(told: str) -> int:
    """What a version's tag says; 0, which no chunk is, for one that people made or changed."""
    return int(told) if told.isdecimal() else 0


def _moment(told: str) -> datetime:
    """What ISO 8601 tells; raises `ValueError` where it is none with a time zone."""
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError(f"{told} has no time zone")
    return moment


def _if_moment(told: str) -> str:
    """The same, or nothing of one that people made or changed."""
    try:
        return _moment(told).isoformat()
    except ValueError:
        return ""
