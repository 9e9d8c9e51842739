"""Closing a claimed chunk: its file, then its row. Any process can do it, and it is done once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import polars as pl
import sqlalchemy as sa
import structlog

from matinee import clock
from matinee.errors import DependencyUnreachable
from matinee.ratings.database import ChunkRow, writing
from matinee.ratings.importing import RATINGS
from matinee.ratings.ledger.chunks import Chunk, merged
from matinee.ratings.ledger.content import found_in_quarantine, in_period, late_for, live
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.reading import ChunkReader
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.ledger.steps import OnStep
from matinee.ratings.sources import Source

log = structlog.get_logger()

_ADVISORY_LOCK = 0x636C6F73  # any constant; key of a lock of PostgreSQL


class Closing:
    """Closes chunks with what a source and the feedback table hold."""

    def __init__(self, database: sa.Engine, files: ChunkFiles, reader: ChunkReader, on_step: OnStep) -> None:
        self._database = database
        self._rows = ChunkRows(database)
        self._files = files
        self._reader = reader
        self._on_step = on_step

    def close(self, chunk_id: int, source: Source) -> None:
        """Write a claimed chunk's file and close it, unless another process has.

        A process that loses its connection to PostgreSQL loses its lock, and may not notice. So it replaces only the
        file that it found while it had the lock, and what is closed stays, unless the file of it is not the closer's.

        Raises:
            Replaced: another process is closing the chunk.
        """
        with self._files.lock(), _alone(self._database) as require_alone:
            revision = self._files.revision(self._rows.chunk(chunk_id))
            require_alone()
            chunk = self._rows.chunk(chunk_id)
            if chunk.state == "closed":
                return
            ratings = pl.concat([in_period(chunk, source), self._late(chunk, source)])
            interactions = merged(chunk, ratings, live(self._database, chunk))
            sha256 = self._files.write(chunk, interactions, revision, lambda: self._on_step("drafted"))
            self._on_step("published")
            self._close_row(chunk, source, interactions, sha256)
        log.info("chunk_closed", chunk_id=chunk_id, run_id=chunk.run_id, n_ratings=interactions.height)
        self._on_step("closed")

    def _close_row(self, chunk: Chunk, source: Source, interactions: pl.DataFrame, sha256: str) -> None:
        with writing(self._database) as session:
            row = session.get_one(ChunkRow, chunk.chunk_id, with_for_update=True)
            if row.state == "closed" and (row.sha256 == sha256 or not self._files.is_written(chunk, sha256)):
                return
            row.state = "closed"
            row.sha256 = sha256
            row.n_ratings = interactions.height
            row.n_live = interactions.filter(origin="live").height
            row.n_late = interactions.filter("late").height
            row.source_digest = source.digest
            row.closed_at = clock.now()
            row.quarantine = found_in_quarantine(session, source.reasons)
            session.flush()
            self._on_step("closing")

    def _late(self, chunk: Chunk, source: Source) -> pl.DataFrame:
        """Ratings that the source has in periods that were closed without them; looked for when it has changed."""
        before = [each for each in self._rows.chunks() if each.chunk_id < chunk.chunk_id]
        unchanged = bool(before) and self._rows.source_digest(before[-1]) == source.digest
        has_begun = chunk.starts_at <= chunk.claimed_at  # else the same source has had more days since
        if not before or (unchanged and has_begun and self._files.left_out_by_0_1(before).is_empty()):
            return RATINGS.to_frame()
        return late_for(chunk, source, self._reader.read_all({each.chunk_id for each in before}))


@contextmanager
def _alone(database: sa.Engine) -> Iterator[Callable[[], None]]:
    """Held by the one process, of all machines, that closes chunks; an SQLite database has one machine only.

    What is given raises `DependencyUnreachable` when the connection, and the lock with it, is lost.
    """
    if database.dialect.name != "postgresql":
        yield lambda: None
        return

    def require_alone() -> None:
        try:
            connection.execute(sa.select(1))
        except sa.exc.DBAPIError as error:
            raise DependencyUnreachable("PostgreSQL has ended the connection of a lock.", "Try again.") from error

    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.select(sa.func.pg_advisory_lock(_ADVISORY_LOCK)))
        try:
            yield require_alone
        finally:
            with suppress(sa.exc.SQLAlchemyError):  # a connection that is lost has given it back
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_ADVISORY_LOCK)))
