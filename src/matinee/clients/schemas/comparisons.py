"""What is compared day by day: challengers with the champion, and production with itself of some days ago."""

from collections.abc import Mapping
from datetime import datetime

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class Difference(Answer):
    """A difference in NDCG@10, in parts of the other model's mean, with its interval."""

    difference: float | None = None
    low: float | None = None
    """Null, as `high`, before there are enough users for an interval."""
    high: float | None = None
    n_users: int = 0


class Challenger(Difference):
    """An algorithm beside the champion."""

    name: str
    """As `MATINEE_CHALLENGERS` has it."""
    state: str
    """`gathering` evidence, `won`, `proposed` (it waits for a person), or on the newest day `failed` or `late`."""
    reason: str
    chunk_id: int
    """Newest chunk that it was asked about."""
    at: datetime
    run_id: str | None = None
    """Its newest run in MLflow."""
    version: str | None = None
    """Registered when it is proposed."""
    seconds: float | None = None
    """What a day of it costs."""
    n_days: int
    """Days from the first to the last with people to compare on."""
    days_needed: float | None = None
    """About how many more days the evidence needs, if they are like those so far; null for no end in sight."""
    alpha: float | None = None
    """Share of histories in which the interval may ever be wrong, at all daily looks together."""
    segments: Mapping[str, Difference]
    """The same for `warm` users, who were there before, and `new` ones; the intervals hold together."""


class Challengers(Answer, json_schema_extra=shown(examples.CHALLENGERS)):
    """What was compared with the champion last, the newest first."""

    champion: str | None = None
    """Its algorithm and hyper-parameters; null before anything was compared."""
    challengers: tuple[Challenger, ...]


class DayGain(Answer):
    """What the newer model gave the people of one chunk more than the older one."""

    chunk_id: int
    days: int
    at: datetime
    own: float
    """Mean NDCG@10 of the newer model."""
    other: float
    n_users: int


class Gain(Difference):
    """The same over the newest chunks together."""

    days: int
    n_chunks: int


class Freshness(Answer, json_schema_extra=shown(examples.FRESHNESS)):
    """What production gains over itself of 1, 7 and 30 days ago."""

    gains: tuple[Gain, ...]
    """By age; the 95 % intervals are of one look."""
    by_chunk: tuple[DayGain, ...]
    """The newest chunks, oldest first."""
