"""The immutable Parquet files of chunks, in `ratings/` of the home."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.ledger.chunks import Chunk
from matinee.settings import Settings
from matinee.storage import home_storage, locked, parquet_into, write_parquet


class ChunkFiles:
    """Writes and reads the files of chunks; what was checked against its SHA-256 is not checked again."""

    def __init__(self, settings: Settings) -> None:
        self._storage = home_storage(settings)
        self._lock = settings.home / "ratings" / ".lock"

    def lock(self) -> AbstractContextManager[None]:
        """Held while a file is written."""
        return locked(self._lock)

    def write(self, chunk: Chunk, ratings: pl.DataFrame, on_draft: Callable[[], None]) -> str:
        """Put a chunk's ratings in place in one step; returns the SHA-256. `on_draft` is called just before."""
        with self._storage.write(chunk.path) as draft:
            parquet_into(draft.path, ratings)
            sha256 = draft.sha256()
            on_draft()
        return sha256

    def restore(self, chunk: Chunk, ratings: pl.DataFrame) -> bool:
        """Put a lost or damaged file in place again, only if it comes out with the very same bytes."""
        with self._storage.write(chunk.path) as draft:
            parquet_into(draft.path, ratings)
            if draft.sha256() != chunk.sha256:
                draft.discard()
        return not draft.is_discarded

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """Columns of `CHUNK`, and `chunk_id`.

        Raises:
            Damaged: the file is missing, or is not the one that the ledger knows.
        """
        path = self._storage.read(chunk.path, chunk.sha256)
        return pl.read_parquet(path).with_columns(pl.lit(chunk.chunk_id, pl.Int64).alias("chunk_id"))

    def note_late(self, chunk: Chunk, late: pl.DataFrame) -> None:
        """Keep the ratings that came too late for the chunks before this one."""
        if not late.is_empty():
            write_parquet(self._storage, _late_name(chunk), late)

    def noted_late(self, chunks: Iterable[Chunk]) -> pl.DataFrame:
        """All ratings that these chunks found to be late."""
        names = (_late_name(chunk) for chunk in chunks)
        noted = (pl.read_parquet(self._storage.read(name)) for name in names if self._storage.exists(name))
        return pl.concat([RATINGS.to_frame(), *noted])


def _late_name(chunk: Chunk) -> str:
    return str(Path(chunk.path).with_suffix(".late.parquet"))
