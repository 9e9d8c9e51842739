"""Registered versions: what became of them, and why."""

from collections.abc import Mapping
from datetime import datetime

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class TimeServed(Answer):
    """A time in which a version was served; `until` is null while it is."""

    since: datetime
    until: datetime | None


class Version(Answer, json_schema_extra=shown(examples.VERSION)):
    """A registered version, and what became of it."""

    version: str
    run_id: str
    stage: str
    """`production`, `archived` or `rejected`; empty before the first decision."""
    chunk_id: int | None
    data_through: datetime | None
    created_at: datetime
    verdict: str
    reason: str
    metrics: Mapping[str, float]
    """Of its evaluation; with a name before it, those of a baseline: `popularity_ndcg_at_10`."""
    is_rolled_back: bool
    """Whether a rollback left it and nobody put it back since."""
    served: tuple[TimeServed, ...]
    is_on_disk: bool
    """Whether its lists can be asked for now."""
    has_artifacts: bool = True
    """False once retention has removed its model: it cannot be served again."""
    is_pinned: bool = False
    """Whether retention never removes its model."""


class Versions(Answer, json_schema_extra=shown(examples.VERSIONS)):
    """Versions, newest first."""

    production: str | None
    roll_back_to: str | None
    """The version that a rollback would bring back; null when there is none."""
    versions: tuple[Version, ...]
    is_held: bool = False
    """Whether production stays where a rollback put it, until somebody resumes or a candidate proves better."""

    @property
    def in_production(self) -> Version | None:
        """The version in production, if it is listed."""
        return next((each for each in self.versions if each.version == self.production), None)


class Check(Answer):
    """One thing that the gate asked, and the answer."""

    name: str
    passed: bool
    finding: str
    numbers: Mapping[str, float] = {}


class GateQuestion(Answer):
    """One of the gate's four questions; what was not asked has not passed."""

    name: str
    """`sound`, `good data`, `better algorithm` or `held`."""
    asked: bool
    outcome: str
    """`passed`, `failed`, `undecided` or `not asked`."""
    finding: str
    """What was found, or why it was not asked."""
    numbers: Mapping[str, float] = {}


class Decision(Answer):
    """The record of a verdict."""

    rule: str
    verdict: str
    reason: str
    checks: tuple[Check, ...] = ()
    numbers: Mapping[str, float] = {}
    questions: tuple[GateQuestion, ...] = ()
    """Empty in records of matinee 0.1."""
    compared_with: str | None = None
    """Version that was in production when this was decided; null when none was."""


class ModelEvent(Answer):
    """A line of the history of the models."""

    what: str
    at: datetime
    previous_version: str | None
    reason: str


class VersionRecord(Version, json_schema_extra=shown(examples.VERSION_RECORD)):
    """A version with all its metrics, its decision record and its history."""

    decision: Decision | None
    """Null when it was never decided on."""
    events: tuple[ModelEvent, ...]
