"""Chunks and their immutable Parquet files in `ratings/` of the home."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import polars as pl

from matinee.ratings.importing.schema import IN_TIME_ORDER, RATINGS
from matinee.storage.files import digest, locked, replacing, write_parquet

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
    """Relative to the home."""

    sha256: str | None
    claimed_at: datetime
    closed_at: datetime | None


class ChunkFiles:
    """Writes and reads the files of chunks; remembers which of them it has checked against their SHA-256."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._intact: dict[Path, tuple[int, int]] = {}

    def path(self, chunk: Chunk) -> Path:
        """Where the chunk's file is."""
        return self._home / chunk.path

    def lock(self) -> AbstractContextManager[None]:
        """Held while a file is written."""
        return locked(self._home / "ratings" / ".lock")

    def write(self, chunk: Chunk, ratings: pl.DataFrame, on_draft: Callable[[], None]) -> str:
        """Put a chunk's ratings in place in one step; returns the SHA-256. `on_draft` is called just before."""
        with replacing(self.path(chunk)) as draft:
            ratings.write_parquet(draft)
            sha256 = digest(draft)
            on_draft()
        return sha256

    def restore(self, chunk: Chunk, ratings: pl.DataFrame) -> bool:
        """Put a lost or damaged file in place again, only if it comes out with the very same bytes."""
        trial = self.path(chunk).with_suffix(".trial")
        ratings.write_parquet(trial)
        same = digest(trial) == chunk.sha256
        trial.replace(self.path(chunk)) if same else trial.unlink()
        return same

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """Columns of `CHUNK`, and `chunk_id`."""
        return pl.read_parquet(self.path(chunk)).with_columns(pl.lit(chunk.chunk_id, pl.Int64).alias("chunk_id"))

    def is_intact(self, chunk: Chunk) -> bool:
        """Whether the file is there with its SHA-256, which is computed once as long as nobody touches the file."""
        path = self.path(chunk)
        if not path.exists():
            return False
        stat = path.stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        if self._intact.get(path) != stamp:
            if digest(path) != chunk.sha256:
                return False
            self._intact[path] = stamp
        return True

    def note_late(self, chunk: Chunk, late: pl.DataFrame) -> None:
        """Keep the ratings that came too late for the chunks before this one."""
        if not late.is_empty():
            write_parquet(late, self._late_path(chunk))

    def noted_late(self, chunks: Iterable[Chunk]) -> pl.DataFrame:
        """All ratings that these chunks found to be late."""
        paths = (self._late_path(chunk) for chunk in chunks)
        return pl.concat([RATINGS.to_frame(), *(pl.read_parquet(path) for path in paths if path.exists())])

    def _late_path(self, chunk: Chunk) -> Path:
        return self.path(chunk).with_suffix(".late.parquet")


def merged(dataset: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """A chunk's content (`CHUNK`) in the order of time, user, movie; ties keep their order, `dataset` first."""
    labelled = (dataset.with_columns(origin=pl.lit("dataset")), live.with_columns(origin=pl.lit("live")))
    return pl.concat(labelled).sort(IN_TIME_ORDER, maintain_order=True)
