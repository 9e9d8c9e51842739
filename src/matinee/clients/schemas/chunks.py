"""Chunks of ratings that the pipeline has taken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer
from matinee.drift.records import ChunkStatistics
from matinee.drift.records import Decision as Decided


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
    n_late: int = 0
    """Ratings of periods that were closed before they came: learned from, and never used to judge a model."""
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

    chunks: tuple[Chunk, ...]
