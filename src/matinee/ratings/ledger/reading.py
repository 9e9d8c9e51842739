"""Reading chunks, each verified; a file that was lost is made again from what it was made of."""

from collections.abc import Callable

import polars as pl
import sqlalchemy as sa
import structlog

from matinee.errors import BadData, Damaged
from matinee.ratings.interactions import KEPT, ClosedChunk, InteractionStore
from matinee.ratings.ledger.chunks import Chunk, as_of_0_1, merged, said_in
from matinee.ratings.ledger.content import in_period, late_for, live, without
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.sources import Source

log = structlog.get_logger()

NO_RATINGS = KEPT.to_frame()


class ChunkReader:
    """Reads the files of a home's chunks."""

    def __init__(
        self, source: Callable[[], Source], database: sa.Engine, files: ChunkFiles, interactions: InteractionStore
    ) -> None:
        self._source = source
        self._rows = ChunkRows(database)
        self._database = database
        self._files = files
        self._interactions = interactions

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """Columns of `CHUNK`, and `chunk_id`.

        Raises:
            BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
        """
        _require_closed(chunk)
        try:
            return self._files.read(chunk)
        except Damaged as damaged:
            self._restore(chunk, damaged)
        return self._files.read(chunk)

    def read_all(self, wanted: set[int]) -> pl.DataFrame:
        """The chunks of these ids; raises what `read` raises of those that `InteractionStore` does not hold."""
        return pl.concat([NO_RATINGS, *self._interactions.read(self._closed(wanted), wanted, self._read_by_id)])

    def scan_all(self, wanted: set[int]) -> pl.LazyFrame:
        """What `read_all` gives, of which only what is collected is read from `InteractionStore`."""
        scanned = self._interactions.scan(self._closed(wanted), wanted, self._read_by_id)
        return pl.concat([NO_RATINGS.lazy(), *scanned])

    def _closed(self, wanted: set[int]) -> list[ClosedChunk]:
        """All closed chunks; raises `BadData` when those that are wanted are not among them."""
        closed = self._rows.closed()
        for chunk_id in sorted(wanted - {each.chunk_id for each in closed}):
            _require_closed(self._rows.chunk(chunk_id))
        return closed

    def keep_all(self) -> None:
        """Have `InteractionStore` hold every closed chunk."""
        self._interactions.add(self._rows.closed(), self._read_by_id)

    def _read_by_id(self, chunk_id: int) -> pl.DataFrame:
        return self.read(self._rows.chunk(chunk_id))

    def _restore(self, chunk: Chunk, damaged: Damaged) -> None:
        """From the source as it is now, without what came after the chunk was closed."""
        chunks = self._rows.chunks()
        others = [each for each in chunks if each.chunk_id != chunk.chunk_id and each.state == "closed"]
        later = pl.concat(
            [
                self._files.left_out_by_0_1(chunks),
                *(said_in(self._read_intact(each).filter("late")) for each in others),
            ]
        )
        source = self._source()
        ratings = without(in_period(chunk, source), later)
        if chunk.n_late:
            known = pl.concat([NO_RATINGS, *(self._read_intact(each) for each in others)])
            ratings = pl.concat([ratings, late_for(chunk, source, known)])
        content = merged(chunk, ratings, live(self._database, chunk))
        if not any(self._files.restore(chunk, each) for each in (content, as_of_0_1(content))):
            raise BadData(
                f"{chunk.path} is missing or damaged, and its source no longer gives the same ratings.",
                "Restore the file from a backup.",
            ) from damaged
        log.warning("chunk_restored", chunk_id=chunk.chunk_id)

    def _read_intact(self, chunk: Chunk) -> pl.DataFrame:
        """A chunk, or nothing when its file is lost as well; whether the outcome is right, its SHA-256 says."""
        try:
            return self._files.read(chunk)
        except Damaged:
            return NO_RATINGS


def _require_closed(chunk: Chunk) -> None:
    if chunk.state != "closed":
        raise BadData(f"Chunk {chunk.chunk_id} is not closed yet.", "Run `matinee ingest`, which finishes it.")
