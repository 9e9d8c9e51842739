"""A chunk: the ratings of one period, as the ledger knows it and as its file holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import polars as pl

from matinee.ratings.importing.schema import CHUNK, IN_TIME_ORDER, INSTANT, RATINGS
from matinee.ratings.ledger.periods import Mode

INTERACTIONS = pl.Schema(
    {
        "user_id": pl.String(),
        "movie_id": pl.String(),
        "event": pl.String(),
        "value": pl.Float32(),
        "rated_at": INSTANT,
        "origin": pl.String(),
        "late": pl.Boolean(),
    }
)
"""Columns of a chunk's file. `value` is the rating, or what else the event has; `origin` is `source` or `live`; `late`
ones came when the period that they are of was closed. The files of matinee 0.1 have `rating`, and `dataset` for
`source`."""


@dataclass(frozen=True)
class Chunk:
    """A chunk as the ledger knows it; counts and `sha256` are final when `state` is `closed`."""

    chunk_id: int
    source: str
    run_id: str
    """The run that took it, perhaps with others."""

    state: Literal["claimed", "closed"]
    mode: Mode
    """Of the home, when it was taken."""

    starts_at: datetime
    ends_at: datetime
    """The period is half open: `starts_at <= rated_at < ends_at`. Empty for live ratings after the end of a replay."""

    n_ratings: int
    """All ratings of the chunk, live and late ones included."""

    n_live: int
    n_late: int
    """Ratings of periods that were closed before they came."""

    n_quarantined: int
    """Rows found in quarantine since the chunk before; see `ChunkLedger.quarantined` for the reasons."""

    path: str
    """Name in the home's storage."""

    sha256: str | None
    claimed_at: datetime
    closed_at: datetime | None


def merged(chunk: Chunk, source: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """A chunk's interactions in the order of time, user, movie; ties keep their order, those of the source first.

    Args:
        chunk: whose they are.
        source: ratings (`RATINGS`) of the data set.
        live: ratings (`RATINGS`) that were received live.
    """
    labelled = (source.with_columns(origin=pl.lit("source")), live.with_columns(origin=pl.lit("live")))
    ratings = pl.concat(labelled).sort(IN_TIME_ORDER, maintain_order=True)
    event = pl.col("event").cast(pl.String)
    columns = {"event": event, "value": pl.col("rating"), "late": pl.col("rated_at") < chunk.starts_at}
    return ratings.with_columns(**columns).select(INTERACTIONS.names())


def said_in(chunks: pl.DataFrame) -> pl.DataFrame:
    """The ratings (`RATINGS`) in chunks as they are read (`CHUNK`)."""
    return chunks.select(RATINGS.names()).cast(RATINGS)


def as_of_0_1(interactions: pl.DataFrame) -> pl.DataFrame:
    """Interactions in the columns of the files of matinee 0.1."""
    origin = pl.col("origin").replace("source", "dataset")
    return interactions.select("user_id", "movie_id", pl.col("value").alias("rating"), "rated_at", origin)


def as_ratings(content: pl.DataFrame) -> pl.DataFrame:
    """The interactions (`CHUNK`) in the content of a chunk's file, of this version or of 0.1."""
    if "rating" in content.columns:
        source = {"event": pl.lit("rating"), "origin": pl.col("origin").replace("dataset", "source")}
        content = content.with_columns(**source, value=pl.col("rating"), late=pl.lit(value=False))
    return content.with_columns(rating=pl.col("value")).select(CHUNK.names()).cast(CHUNK)
