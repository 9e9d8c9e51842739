"""Registered versions, and which of them is in production.

The alias `production` is the one truth of what is in production. The version tag `stage` mirrors it for people who
read MLflow's pages: `production`, `archived` or `rejected`; `repair` makes the tags agree with the alias.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import structlog

from matinee import artifact
from matinee.clients.mlflow_http import MlflowError
from matinee.clients.mlflow_records import MlflowVersion
from matinee.clients.mlflow_rest import ALIAS
from matinee.errors import NotFound
from matinee.lifecycle.registry.connection import MISSING, Connection
from matinee.lifecycle.registry.records import (
    FILES,
    REGISTERED,
    ModelVersion,
    TrainingRun,
    learned,
    model_version,
    training_run,
)

log = structlog.get_logger()


class ModelVersions(Connection):
    """Versions of the project's registered model."""

    def register(self, run: TrainingRun) -> str:
        """Version of a training; the same training is registered once."""
        with self._answers():
            self._client.create_registered_model(self.name, "Ranks movies for people; retrained daily.")
            known = self._client.search_model_versions(f"name = '{self.name}' and run_id = '{run.run_id}'").versions
            if known:
                self._client.set_tag(run.run_id, FILES, REGISTERED)
                self._tell(str(known[0].version), run)
                return str(known[0].version)
            tags = {
                **_provenance(run),
                "verdict": run.verdict or "",
                "reason": run.reason,
                FILES: REGISTERED,
                "metrics_of": f"the model before it, without chunk {run.chunk_id}" if run.verdict else "nothing yet",
            }
            created = self._client.create_model_version(
                self.name, run.source, run.run_id, tags=tags, description=run.reason, model_id=run.model_id
            )
            self._client.set_tag(run.run_id, FILES, REGISTERED)
            return str(created.version)

    def _tell(self, version: str, run: TrainingRun) -> None:
        """Say of a version what its run has learned: people may have made it, or changed what it says.

        Of one that nobody has decided on, also what its run's evaluation, perhaps a second one, says now.
        """
        known = self._client.get_model_version(self.name, version).tags
        told = _provenance(run)
        if not known.get("stage"):
            told |= {"verdict": run.verdict or "", "reason": run.reason}
        for tag, value in told.items():
            if known.get(tag) != value:
                self._client.set_model_version_tag(self.name, version, tag, value)

    def move_production(self, version: str) -> None:
        """Put `version` into production; all others become archived."""
        with self._answers(f"There is no version {version}."):
            self._client.get_model_version(self.name, version)
            self._client.set_registered_model_alias(self.name, ALIAS, version)
        self.repair()

    def reject(self, version: str, reason: str) -> None:
        """Mark a version that does not go into production, and say why."""
        with self._answers():
            for tag, value in (("verdict", "reject"), ("reason", reason), ("stage", "rejected")):
                self._client.set_model_version_tag(self.name, version, tag, value)

    def repair(self) -> None:
        """Make the tag `stage` of versions agree with the alias; the old production is untagged first."""
        production = self._at_alias()
        in_production = production.version if production else None
        wrong = [each for each in self._likely(production) if each.stage != _stage(each, in_production)]
        for version in sorted(wrong, key=lambda each: each.version == in_production):
            with self._answers():
                stage = _stage(version, in_production)
                self._client.set_model_version_tag(self.name, version.version, "stage", stage)

    def _likely(self, production: ModelVersion | None) -> list[ModelVersion]:
        """Versions whose tag may be wrong: the newest, the one in production, and any that is not archived or rejected.

        Years of others are, and are not read: only who takes the tag away from one of them is not noticed.
        """
        own = f"name = '{self.name}'"
        with self._answers():
            newest = self._client.search_model_versions(own, max_results=RECENT, order_by=["version_number DESC"])
            odd = self._client.search_model_versions(f"{own} and tags.stage != 'archived' and tags.stage != 'rejected'")
            found = {each.version: model_version(each) for each in (*newest.versions, *odd.versions)}
        return list((found | ({production.version: production} if production else {})).values())

    def version(self, version: str) -> ModelVersion:
        """One version.

        Raises:
            NotFound: there is none.
        """
        with self._answers(f"There is no version {version}."):
            return model_version(self._client.get_model_version(self.name, version))

    def has_files(self, version: ModelVersion) -> bool:
        """Whether MLflow still has the files of a version; they are not read."""
        with self._answers():
            try:
                return any(self._files.list(f"{version.source}/artifacts/{artifact.FOLDER}"))
            except MlflowError:
                if not self._is_there():
                    raise
                return False

    def production(self) -> ModelVersion | None:
        """The version in production, with the chunk and the end of the data that its run tells, if it has one."""
        found = self._at_alias()
        told = None if found is None else self._learned_by(found.run_id)
        return found if found is None or told is None else replace(found, chunk_id=told[0], data_through=told[1])

    def _learned_by(self, run_id: str) -> tuple[int, str] | None:
        """What a run has learned, which is asked for once; None when nothing is readable.

        People edit the tags of versions more readily, and a wrong chunk keeps out every day.
        """
        if run_id not in self._learned:
            self._learned[run_id] = None
            try:
                with self._answers(f"MLflow has no run {run_id}."):
                    self._learned[run_id] = learned(training_run(self._client.get_run(run_id)))
            except NotFound as error:
                log.warning("chunk_told_by_the_version", run_id=run_id, because=str(error))
        return self._learned[run_id]

    def _at_alias(self) -> ModelVersion | None:
        with self._answers():
            try:
                return model_version(self._client.get_model_version_by_alias(self.name, ALIAS))
            except MlflowError as error:
                if error.error_code in MISSING:
                    return None
                raise

    def versions(self) -> list[ModelVersion]:
        """All versions, newest first."""
        with self._answers():
            found = list(self._all())
        return sorted((model_version(each) for each in found), key=lambda each: int(each.version), reverse=True)

    def versions_of(self, run_ids: Iterable[str]) -> list[ModelVersion]:
        """All versions of some runs, in any order; of a run there may be none, or several that people made."""
        ids = [f"'{each}'" for each in run_ids]
        with self._answers():
            return [
                model_version(each)
                for first in range(0, len(ids), _RUNS)
                for each in self._all(f" and run_id IN ({', '.join(ids[first : first + _RUNS])})")
            ]

    def _all(self, condition: str = "") -> Iterator[MlflowVersion]:
        """Every version that meets a condition, oldest first: an order that nothing changes between two pages."""
        token: str | None = None
        while True:
            page = self._client.search_model_versions(
                f"name = '{self.name}'{condition}", max_results=_PAGE, order_by=["version_number ASC"], page_token=token
            )
            yield from page.versions
            token = page.token
            if not token:
                return


RECENT = 20
_PAGE = 100
"""Versions that MLflow gives at a time: it keeps the memory that the longest of its answers took."""
_RUNS = 50
"""Runs whose versions are asked for at a time: they stand in an address."""


def _provenance(run: TrainingRun) -> dict[str, str]:
    """Tags of a version: its run, and what that has learned."""
    return {"run_id": run.run_id, "chunk_id": str(run.chunk_id), "data_through": run.data_through.isoformat()}


def _stage(version: ModelVersion, in_production: str | None) -> str:
    if version.version == in_production:
        return "production"
    if version.stage == "rejected":
        return "rejected"
    is_undecided = not version.stage and (in_production is None or int(version.version) > int(in_production))
    return "" if is_undecided else "archived"
