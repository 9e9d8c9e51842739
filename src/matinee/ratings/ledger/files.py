"""The immutable Parquet files of chunks, in `ratings/` of the home."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from matinee.errors import Damaged
from matinee.ratings.events import EVENT
from matinee.ratings.importing.schema import RATINGS
from matinee.ratings.ledger.chunks import Chunk, as_ratings
from matinee.settings import Settings
from matinee.storage import home_storage, locked, parquet_into


class ChunkFiles:
    """Writes and reads the files of chunks; what was checked against its SHA-256 is not checked again."""

    def __init__(self, settings: Settings) -> None:
        self._storage = home_storage(settings)
        self._lock = settings.home / "ratings" / ".lock"

    def lock(self) -> AbstractContextManager[None]:
        """Held while a file is written."""
        return locked(self._lock)

    def revision(self, chunk: Chunk) -> str | None:
        """What its file is now, for `write`."""
        return self._storage.revision(chunk.path)

    def is_written(self, chunk: Chunk, sha256: str) -> bool:
        """Whether its file has these bytes."""
        try:
            self._storage.read(chunk.path, sha256)
        except Damaged:
            return False
        return True

    def write(
        self, chunk: Chunk, interactions: pl.DataFrame, revision: str | None, on_draft: Callable[[], None]
    ) -> str:
        """Put a chunk's interactions in place in one step; returns the SHA-256. `on_draft` is called just before.

        Raises:
            Replaced: its file is not the one of this revision any more.
        """
        with self._storage.replace(chunk.path, revision) as draft:
            parquet_into(draft.path, interactions)
            sha256 = draft.sha256()
            on_draft()
        return sha256

    def restore(self, chunk: Chunk, content: pl.DataFrame) -> bool:
        """Put a lost or damaged file in place again, only if it comes out with the very same bytes."""
        with self._storage.write(chunk.path) as draft:
            parquet_into(draft.path, content)
            if draft.sha256() != chunk.sha256:
                draft.discard()
        return not draft.is_discarded

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """Its ratings: columns of `CHUNK`, and `chunk_id`.

        Raises:
            Damaged: the file is missing, or is not the one that the ledger knows.
        """
        path = self._storage.read(chunk.path, chunk.sha256)
        return as_ratings(pl.read_parquet(path)).with_columns(pl.lit(chunk.chunk_id, pl.Int64).alias("chunk_id"))

    def left_out_by_0_1(self, chunks: Iterable[Chunk]) -> pl.DataFrame:
        """Ratings (`RATINGS`) that came late for matinee 0.1, which kept them beside a chunk and learned none."""
        names = (str(Path(chunk.path).with_suffix(".late.parquet")) for chunk in chunks)
        files = (pl.read_parquet(self._storage.read(name)) for name in names if self._storage.exists(name))
        noted = (each.with_columns(event=pl.lit("rating", EVENT)).select(RATINGS.names()) for each in files)
        return pl.concat([RATINGS.to_frame(), *noted])
