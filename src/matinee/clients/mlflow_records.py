"""What MLflow's REST API tells, as our own types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class RunInfo:
    """What a run is; times are milliseconds since 1970 (UTC)."""

    run_id: str
    experiment_id: str
    status: str
    """`RUNNING`, `FINISHED`, `FAILED` or `KILLED`."""
    start_time: int
    end_time: int | None
    artifact_uri: str
    is_deleted: bool
    """Whether somebody has deleted it, until `mlflow gc` removes it: nothing more can be logged to it."""


@dataclass(frozen=True)
class RunData:
    """What was logged to a run."""

    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    """Newest value of each."""


@dataclass(frozen=True)
class MlflowRun:
    """One run."""

    info: RunInfo
    data: RunData


class Experiment(NamedTuple):
    """What runs belong to."""

    experiment_id: str
    is_deleted: bool
    """Until `mlflow gc` removes it: no other one can have its name."""


class LoggedModel(NamedTuple):
    """A model that a run logs, and where its files go."""

    model_id: str
    artifact_uri: str


@dataclass(frozen=True)
class MlflowVersion:
    """One version of a registered model."""

    version: str
    run_id: str
    source: str
    """URI of the files of its model."""
    creation_timestamp: int
    """Milliseconds since 1970 (UTC)."""
    tags: Mapping[str, str]


class RunPage(NamedTuple):
    """Some of the runs that a search found, and what asks for the next ones."""

    runs: list[MlflowRun]
    token: str


class VersionPage(NamedTuple):
    """Some of the versions that a search found, and what asks for the next ones."""

    versions: list[MlflowVersion]
    token: str
