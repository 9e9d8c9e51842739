"""What is removed of old versions and runs, and what is never: their artifacts go, their records stay.

A version is marked before its files go and again after it, so that nobody goes back to half a model and whoever comes
next finishes what a dead process left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from matinee.clients.mlflow_http import MlflowError
from matinee.clients.mlflow_records import MlflowRun
from matinee.lifecycle.registry.connection import MISSING
from matinee.lifecycle.registry.logged_model import MODEL_ID
from matinee.lifecycle.registry.records import FILES, REGISTERED, UNREGISTERED, ModelVersion, model_version
from matinee.lifecycle.registry.versions import ModelVersions

GOING, GONE = "going", "gone"
"""Values of the tags `artifacts` and `FILES` of a version; of a run of `FILES`, and once of `matinee.artifacts`."""

T = TypeVar("T")

PER_USER = "per_user.parquet"
"""File of an evaluation with the ids of its users."""


@dataclass(frozen=True)
class OldRun:
    """A run that logged a model or began to, and whose files may be removed."""

    run_id: str
    ended_at_ms: int


@dataclass(frozen=True)
class RunFiles:
    """Where the files of a run lie."""

    run_id: str
    model_locations: tuple[str, ...]
    """Almost always one; none of a run that was killed before it began to log its model, or that somebody deleted."""
    run_location: str
    """Empty of a run that MLflow has no more."""
    size_bytes: int
    """Size of the model."""
    is_open: bool
    """Whether the run takes a tag: nobody has deleted it."""


class Artifacts(ModelVersions):
    """Files of versions and runs, and who may keep them."""

    def pin(self, version: str, *, is_pinned: bool) -> None:
        """Keep the artifacts of a version whatever happens, or no longer.

        Raises:
            NotFound: there is no such version.
        """
        with self._answers(f"There is no version {version}."):
            self._client.get_model_version(self.name, version)
            if is_pinned:
                self._client.set_model_version_tag(self.name, version, "pinned", "true")
            else:
                self._client.delete_model_version_tag(self.name, version, "pinned")

    def remove_artifacts(self, version: ModelVersion, files: RunFiles, is_needed: Callable[[], bool]) -> bool:
        """Remove the files of a version and of its run; returns whether they are gone.

        Args:
            version: it is marked first, and refused from then on to whoever wants to serve it.
            files: those of its run.
            is_needed: asked once it is marked: whether somebody began to move production to it meanwhile.
        """
        with self._answers():
            self._client.set_model_version_tag(self.name, version.version, "artifacts", GOING)
            if is_needed():
                self._client.delete_model_version_tag(self.name, version.version, "artifacts")
                return False
            self._remove_files(files)
            for tag in ("artifacts", FILES):
                self._client.set_model_version_tag(self.name, version.version, tag, GONE)
        return True

    def remove_run_artifacts(self, files: RunFiles) -> None:
        """Remove the files of a run that was never registered."""
        with self._answers():
            self._remove_files(files)

    def versions_with_files(self) -> list[ModelVersion]:
        """Versions whose files are not yet removed to the end, newest first; years of others are not read.

        A run whose versions somebody has deleted in MLflow counts as one without a version from now on.
        """
        with self._answers():
            self._adopt()
            found = [model_version(each) for each in self._all(f" and tags.`{FILES}` = '{REGISTERED}'")]
            found += self._untold({each.run_id for each in found})
        return sorted((each for each in found if not each.is_gone), key=lambda each: int(each.version), reverse=True)

    def _untold(self, known: set[str]) -> list[ModelVersion]:
        """Versions with files that do not say so, of an earlier matinee or made by people; they do from now on."""
        others = ", ".join(f"'{each}'" for each in sorted(known))
        without = f" and attributes.run_id NOT IN ({others})" if known else ""
        run_ids = {run.info.run_id for run in self._search(f"tags.`{FILES}` = '{REGISTERED}'{without}")}
        found = self.versions_of(run_ids)
        for each in found:
            self._client.set_model_version_tag(self.name, each.version, FILES, GONE if each.is_gone else REGISTERED)
        for run_id in run_ids.difference(each.run_id for each in found):
            self._client.set_tag(run_id, FILES, UNREGISTERED)
        return found

    def unregistered_runs(self, before: datetime) -> list[OldRun]:
        """Runs that logged a model or were killed before, have no version, ended before a moment and may have files."""
        ends_ms = int(before.timestamp() * 1000)
        with self._answers():
            self._adopt()
            waiting = [_old_run(run) for run in self._search(f"tags.`{FILES}` = '{UNREGISTERED}'")]
        old = [each for each in waiting if each.ended_at_ms < ends_ms]
        registered = {each.run_id for each in self.versions_of(each.run_id for each in old)}
        with self._answers():
            for run_id in registered:  # who registers a version may die before the run says so
                self._client.set_tag(run_id, FILES, REGISTERED)
        return [each for each in old if each.run_id not in registered]

    def _adopt(self) -> None:
        """Tell once of each run that an earlier matinee logged whose files it has."""
        experiment_id = self._experiment_id()
        if FILES in self._client.experiment_tags(experiment_id):
            return
        known = {each.run_id for each in self.versions()}
        for run in self._search(f"tags.`{MODEL_ID}` != ''"):
            if FILES not in run.data.tags and run.data.tags.get("matinee.artifacts") != GONE:
                self._client.set_tag(run.info.run_id, FILES, REGISTERED if run.info.run_id in known else UNREGISTERED)
        self._client.set_experiment_tag(experiment_id, FILES, "told")

    def run_files(self, run_id: str) -> RunFiles:
        """The files of a run that logged a model, or of one that was killed while it did.

        What somebody has deleted in MLflow is left to `mlflow gc`.
        """
        with self._answers():
            run = _if_there(lambda: self._client.get_run(run_id))
            if run is None:
                return RunFiles(run_id, (), "", 0, is_open=False)
            locations = tuple(self._model_locations(run))
            size_bytes = sum(each.size_bytes for location in locations for each in self._files.list(location))
        return RunFiles(run_id, locations, run.info.artifact_uri, size_bytes, is_open=not run.info.is_deleted)

    def _model_locations(self, run: MlflowRun) -> Iterator[str]:
        model_id = run.data.tags.get(MODEL_ID)
        if model_id is None:
            for each in self._client.logged_models_of(run.info.experiment_id, run.info.run_id):
                yield each.artifact_uri
        elif location := _if_there(lambda: self._client.logged_model_location(model_id)):
            yield location

    def _remove_files(self, files: RunFiles) -> None:
        for location in files.model_locations:
            self._files.delete(location)
        if files.run_location:
            self._files.delete(files.run_location, PER_USER)
        if files.is_open:
            self._client.set_tag(files.run_id, FILES, GONE)


def _if_there(ask: Callable[[], T]) -> T | None:
    """What MLflow has; None for what somebody has removed from it."""
    try:
        return ask()
    except MlflowError as error:
        if error.error_code in MISSING:
            return None
        raise


def _old_run(run: MlflowRun) -> OldRun:
    return OldRun(run.info.run_id, run.info.end_time or run.info.start_time)
