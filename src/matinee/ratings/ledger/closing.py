"""Closing a claimed chunk: its file, then its row. Any process can do it, and it is done once."""

from datetime import UTC, datetime

import polars as pl
import sqlalchemy as sa
import structlog

from matinee.ratings.database import ChunkRow, writing
from matinee.ratings.importing import RATINGS
from matinee.ratings.ledger.chunks import Chunk, merged
from matinee.ratings.ledger.content import found_in_quarantine, in_period, live
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.reading import ChunkReader
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.ledger.steps import OnStep
from matinee.ratings.sources import Source

log = structlog.get_logger()


class Closing:
    """Closes chunks with what a source and the feedback table hold."""

    def __init__(self, database: sa.Engine, files: ChunkFiles, reader: ChunkReader, on_step: OnStep) -> None:
        self._database = database
        self._rows = ChunkRows(database)
        self._files = files
        self._reader = reader
        self._on_step = on_step

    def close(self, chunk_id: int, source: Source) -> None:
        """Write a claimed chunk's file and close it, unless another process has."""
        with self._files.lock():
            chunk = self._rows.chunk(chunk_id)
            if chunk.state == "closed":
                return
            late = self._late(chunk, source)
            self._files.note_late(chunk, late)
            ratings = merged(in_period(chunk, source), live(self._database, chunk))
            sha256 = self._files.write(chunk, ratings, lambda: self._on_step("drafted"))
            self._on_step("published")
            self._close_row(chunk, source, ratings, sha256, late.height)
        log.info("chunk_closed", chunk_id=chunk_id, run_id=chunk.run_id, n_ratings=ratings.height)
        self._on_step("closed")

    def _close_row(self, chunk: Chunk, source: Source, ratings: pl.DataFrame, sha256: str, n_late: int) -> None:
        with writing(self._database) as session:
            row = session.get_one(ChunkRow, chunk.chunk_id)
            row.state = "closed"
            row.sha256 = sha256
            row.n_ratings = ratings.height
            row.n_live = ratings.filter(pl.col("origin") == "live").height
            row.source_digest = source.digest
            row.closed_at = datetime.now(UTC)
            row.quarantine = found_in_quarantine(session, source.reasons, n_late)
            session.flush()
            self._on_step("closing")

    def _late(self, chunk: Chunk, source: Source) -> pl.DataFrame:
        """Ratings that a source which has changed has in periods that were closed without them."""
        before = [each for each in self._rows.chunks() if each.chunk_id < chunk.chunk_id]
        if not before or self._rows.source_digest(before[-1]) == source.digest:
            return RATINGS.to_frame()
        passed = pl.scan_parquet(source.ratings_path).filter(pl.col("rated_at") < chunk.starts_at).collect()
        closed = pl.concat(self._reader.read(each) for each in before).filter(pl.col("origin") == "dataset")
        known = pl.concat([closed.select(RATINGS.names()), self._files.noted_late(before)])
        return passed.join(known, on=RATINGS.names(), how="anti", maintain_order="left")
