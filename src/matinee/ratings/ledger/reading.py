"""Reading chunks, each verified; a file that was lost is made again from what it was made of."""

from collections.abc import Callable

import polars as pl
import sqlalchemy as sa
import structlog

from matinee.errors import BadData, Damaged
from matinee.ratings.importing import RATINGS
from matinee.ratings.ledger.chunks import Chunk, merged
from matinee.ratings.ledger.content import in_period, live
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.sources import Source

log = structlog.get_logger()


class ChunkReader:
    """Reads the files of a home's chunks."""

    def __init__(self, source: Callable[[], Source], database: sa.Engine, files: ChunkFiles) -> None:
        self._source = source
        self._database = database
        self._files = files

    def read(self, chunk: Chunk) -> pl.DataFrame:
        """Columns of `CHUNK`, and `chunk_id`.

        Raises:
            BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
        """
        if chunk.state != "closed":
            raise BadData(f"Chunk {chunk.chunk_id} is not closed yet.", "Run `matinee ingest`, which finishes it.")
        try:
            return self._files.read(chunk)
        except Damaged as damaged:
            self._restore(chunk, damaged)
        return self._files.read(chunk)

    def _restore(self, chunk: Chunk, damaged: Damaged) -> None:
        late = self._files.noted_late(ChunkRows(self._database).chunks())
        dataset = in_period(chunk, self._source())
        dataset = dataset.join(late, on=RATINGS.names(), how="anti", maintain_order="left")
        if not self._files.restore(chunk, merged(dataset, live(self._database, chunk))):
            raise BadData(
                f"{chunk.path} is missing or damaged, and its source no longer gives the same ratings.",
                "Restore the file from a backup.",
            ) from damaged
        log.warning("chunk_restored", chunk_id=chunk.chunk_id)
