"""All versions, as the registry and the history of the models tell of them; no model is loaded for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matinee.clients.mlflow_rest import MlflowReader, RegisteredVersion
from matinee.clients.schemas.versions import TimeServed
from matinee.errors import NotFound
from matinee.lifecycle.history import History, ModelEvent, is_held, last_good, rolled_back_versions
from matinee.serving.database import ask_database
from matinee.settings import Settings

KEPT = 1_000
"""Runs and decisions that are remembered: neither changes after its version was registered."""

BASELINES = ("incumbent", "popularity", "popularity_30d", "item_knn")
"""Who stands beside the candidate in the metrics of its run."""

SHOWN = (
    "ndcg_at_10",
    *(f"{baseline}_ndcg_at_10" for baseline in BASELINES),
    "recall_at_10",
    "coverage_at_10",
    "popularity_coverage_at_10",
    "over_popularity_low",
    "over_popularity_high",
    "n_evaluated_users",
    "n_ratings",
    "n_chunk_ratings",
    "fit_s",
)
"""Metrics that a list of versions tells; one version by itself tells all."""


@dataclass(frozen=True)
class RegisteredVersions:
    """What is registered."""

    versions: list[RegisteredVersion]
    """Newest first."""
    production: str | None
    metrics: dict[str, dict[str, float]]
    """By run."""
    events: list[ModelEvent]

    @property
    def roll_back_to(self) -> str | None:
        """The version that a rollback would bring back."""
        return last_good(self.events, self.production) if self.production else None

    @property
    def is_held(self) -> bool:
        """Whether production stays where a rollback put it."""
        return self.production is not None and is_held(self.events, self.production)

    def stage(self, version: RegisteredVersion) -> str:
        """The alias decides what is in production; a tag that disagrees will be repaired."""
        if version.version == self.production:
            return "production"
        return "archived" if version.tags.stage == "production" else version.tags.stage

    def is_rolled_back(self, version: RegisteredVersion) -> bool:
        """Whether a rollback left it and nobody put it back."""
        return version.version != self.production and version.version in rolled_back_versions(self.events)

    def served(self, version: RegisteredVersion) -> tuple[TimeServed, ...]:
        """When it was served."""
        return times_served(self.events).get(version.version, ())


class VersionReader:
    """Reads the registry and the history, and remembers what changes no more: metrics and decision of what has a stage.

    Until then its run may be evaluated a second time.

    Every method raises `DependencyUnreachable` when MLflow or the database does not answer.
    """

    def __init__(self, settings: Settings, mlflow: MlflowReader) -> None:
        self._settings = settings
        self._mlflow = mlflow
        self._metrics: dict[str, dict[str, float]] = {}
        self._decisions: dict[str, dict[str, Any]] = {}

    async def newest(self, limit: int) -> RegisteredVersions:
        """The newest versions, at most `limit`."""
        async with self._mlflow.within_time():
            return await self._registry(await self._mlflow.versions(limit))

    async def one(self, version: str) -> tuple[RegisteredVersions, dict[str, Any] | None]:
        """A registry of one version, and its decision record; None of a version that nobody decided on.

        Raises:
            NotFound: there is no such version.
        """
        async with self._mlflow.within_time():
            record = await self._mlflow.version(version)
            return await self._registry([record]), await self._decision(record)

    async def _registry(self, versions: list[RegisteredVersion]) -> RegisteredVersions:
        try:
            production: str | None = (await self._mlflow.in_production()).version
        except NotFound:
            production = None
        return RegisteredVersions(versions, production, await self._metrics_of(versions), await self._events())

    async def _metrics_of(self, versions: Sequence[RegisteredVersion]) -> dict[str, dict[str, float]]:
        missing = [each for each in versions if each.run_id not in self._metrics]
        found = await self._mlflow.metrics_of([each.run_id for each in missing])
        if len(self._metrics) > KEPT:
            self._metrics.clear()
        self._metrics |= {
            each.run_id: found[each.run_id] for each in missing if each.tags.stage and each.run_id in found
        }
        return {each.run_id: (self._metrics | found).get(each.run_id, {}) for each in versions}

    async def _decision(self, version: RegisteredVersion) -> dict[str, Any] | None:
        if version.run_id in self._decisions:
            return self._decisions[version.run_id]
        try:
            record = await self._mlflow.run_file(version.run_id, "decision.json")
        except NotFound:
            return None
        if len(self._decisions) > KEPT:
            self._decisions.clear()
        if version.tags.stage:
            self._decisions[version.run_id] = record
        return record

    async def _events(self) -> list[ModelEvent]:
        return await ask_database(lambda: History(self._settings).events())


def times_served(events: Iterable[ModelEvent]) -> dict[str, tuple[TimeServed, ...]]:
    """When each version was served: from its deployment to the next one."""
    deployed = [event for event in events if event.what == "deployed"]
    ends: list[datetime | None] = [*(event.at for event in deployed[1:]), None]
    times: dict[str, tuple[TimeServed, ...]] = {}
    for event, until in zip(deployed, ends, strict=False):
        times[event.version] = (*times.get(event.version, ()), TimeServed(since=event.at, until=until))
    return times
