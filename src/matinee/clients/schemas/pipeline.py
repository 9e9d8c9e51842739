"""What the HTTP API says of the pipeline: versions, chunks and runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from matinee.clients.schemas import examples
from matinee.clients.schemas.api import Answer, Id, Question
from matinee.clients.schemas.examples import shown
from matinee.drift.records import ChunkStatistics
from matinee.drift.records import Decision as Decided
from matinee.serving.pipeline.runs import Action, Outcome, State

WrittenReason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""Why somebody wants something; it is recorded."""


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
    served: list[TimeServed]
    is_on_disk: bool
    """Whether its lists can be asked for now."""


class Versions(Answer, json_schema_extra=shown(examples.VERSIONS)):
    """Versions, newest first."""

    production: str | None
    roll_back_to: str | None
    """The version that a rollback would bring back; null when there is none."""
    versions: list[Version]


class Check(Answer):
    """One thing that the gate asked, and the answer."""

    name: str
    passed: bool
    finding: str
    numbers: Mapping[str, float] = {}


class Decision(Answer):
    """The record of a verdict."""

    rule: str
    verdict: str
    reason: str
    checks: tuple[Check, ...] = ()
    numbers: Mapping[str, float] = {}


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
    events: list[ModelEvent]


class ChunkDecision(Answer):
    """What somebody decided about a chunk that the data watch had refused."""

    decision: Decided
    reason: str
    at: datetime


class Chunk(Answer, json_schema_extra=shown(examples.CHUNK)):
    """A chunk of ratings; counts are final when `state` is `closed`."""

    chunk_id: int
    state: Literal["claimed", "closed"]
    starts_at: datetime
    ends_at: datetime
    n_ratings: int
    n_live: int
    n_quarantined: int
    quarantine: Mapping[str, int]
    """Rows found in quarantine since the chunk before, by reason."""
    closed_at: datetime | None
    statistics: ChunkStatistics | None
    """What the data watch found; null until it has looked."""
    decision: ChunkDecision | None
    """Null when nobody decided."""


class Chunks(Answer, json_schema_extra=shown(examples.CHUNKS)):
    """Chunks, newest first."""

    chunks: list[Chunk]


class Advance(Question, json_schema_extra=shown(examples.ADVANCE)):
    """Take the next chunk of ratings, train on it, and promote and serve what the gate lets in."""

    action: Literal["advance"]


class RollBack(Question, json_schema_extra=shown(examples.ROLL_BACK)):
    """Go back to the version that served before."""

    action: Literal["roll_back"]
    reason: WrittenReason = "asked for over the API"


class Promote(Question, json_schema_extra=shown(examples.PROMOTE)):
    """Put a version into production, whatever the gate said of it."""

    action: Literal["promote"]
    version: Id
    reason: WrittenReason = "asked for over the API"


RunRequest = Annotated[Advance | RollBack | Promote, Field(discriminator="action")]


class Run(Answer, json_schema_extra=shown(examples.RUN)):
    """Something that was asked of the pipeline."""

    run_id: str
    action: Action
    state: State
    asked_at: datetime | None
    ended_at: datetime | None


class Runs(Answer, json_schema_extra=shown(examples.RUNS)):
    """Runs, newest first."""

    runs: list[Run]


class Step(Answer):
    """One step of a run."""

    name: str
    state: State


class RunProgress(Run, json_schema_extra=shown(examples.RUN_PROGRESS)):
    """A run, how far it is, and what came of it."""

    steps: list[Step]
    outcome: Outcome | None
    """Null until it has succeeded."""
    chunk_id: int | None
    reason: str
    served_version: str | None
    """The version that it brought into service."""
