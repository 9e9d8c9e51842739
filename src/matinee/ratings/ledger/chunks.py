"""A chunk: the ratings of one period, as the ledger knows it and as its file holds it."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

import polars as pl

from matinee.ratings.database import ChunkRow
from matinee.ratings.importing.schema import IN_TIME_ORDER, RATINGS

CHUNK = pl.Schema({**RATINGS, "origin": pl.String()})
"""Columns of a chunk's file; `origin` is `dataset` or `live`."""


@dataclass(frozen=True)
class Chunk:
    """A chunk as the ledger knows it; counts and `sha256` are final when `state` is `closed`."""

    chunk_id: int
    source: str
    run_id: str
    state: Literal["claimed", "closed"]
    starts_at: datetime
    ends_at: datetime
    """The period on the source's time line is half open: `starts_at <= rated_at < ends_at`. Empty for live only."""

    n_ratings: int
    """All ratings of the chunk, live ones included."""

    n_live: int
    n_quarantined: int
    """Rows found in quarantine since the chunk before; see `ChunkLedger.quarantined` for the reasons."""

    path: str
    """Name in the home's storage."""

    sha256: str | None
    claimed_at: datetime
    closed_at: datetime | None


def chunk_of(row: ChunkRow) -> Chunk:
    """A row of the ledger."""
    values = {field.name: getattr(row, field.name) for field in fields(Chunk) if field.name != "n_quarantined"}
    return Chunk(**values, n_quarantined=sum(each.n_rows for each in row.quarantine))


def merged(dataset: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """A chunk's content (`CHUNK`) in the order of time, user, movie; ties keep their order, `dataset` first."""
    labelled = (dataset.with_columns(origin=pl.lit("dataset")), live.with_columns(origin=pl.lit("live")))
    return pl.concat(labelled).sort(IN_TIME_ORDER, maintain_order=True)
