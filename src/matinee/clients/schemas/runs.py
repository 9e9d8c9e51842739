"""Runs of the pipeline: asking for one, and how far it is."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer, Name, RequestBody

RunAction = Literal["advance", "promote", "roll_back", "resume"]
RunState = Literal["waiting", "running", "success", "failed", "skipped"]
RunOutcome = Literal["promoted", "rejected", "no_more_data", "not_over", "rolled_back", "resumed", "refused"]
"""`rejected`: the gate refused the model; `refused`: another rule said no, such as the data watch to a chunk.
`not_over`: the period has not ended, so there is nothing to take yet."""

WrittenReason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
"""Why somebody wants something; it is recorded."""


class Advance(RequestBody, json_schema_extra=shown(examples.ADVANCE)):
    """Take the next chunk of ratings, train on it, and promote and serve what the gate lets in."""

    action: Literal["advance"]


class RollBack(RequestBody, json_schema_extra=shown(examples.ROLL_BACK)):
    """Go back to the version that served before."""

    action: Literal["roll_back"]
    reason: WrittenReason = "asked for over the API"


class Promote(RequestBody, json_schema_extra=shown(examples.PROMOTE)):
    """Put a version into production, whatever the gate said of it."""

    action: Literal["promote"]
    version: Name
    reason: WrittenReason = "asked for over the API"


class Resume(RequestBody, json_schema_extra=shown(examples.RESUME)):
    """End the hold that a rollback began."""

    action: Literal["resume"]
    reason: WrittenReason = "asked for over the API"


RunRequest = Annotated[Advance | RollBack | Promote | Resume, Field(discriminator="action")]


class Run(Answer, json_schema_extra=shown(examples.RUN)):
    """Something that was asked of the pipeline."""

    run_id: str
    action: RunAction
    state: RunState
    asked_at: datetime | None
    ended_at: datetime | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("success", "failed")


class Runs(Answer, json_schema_extra=shown(examples.RUNS)):
    """Runs, newest first."""

    runs: tuple[Run, ...]


class Step(Answer):
    """One step of a run."""

    name: str
    state: RunState


class RunProgress(Run, json_schema_extra=shown(examples.RUN_PROGRESS)):
    """A run, how far it is, and what came of it."""

    steps: tuple[Step, ...]
    outcome: RunOutcome | None
    """Null until it has succeeded."""
    chunk_id: int | None
    reason: str
    served_version: str | None
    """The version that it brought into service."""
