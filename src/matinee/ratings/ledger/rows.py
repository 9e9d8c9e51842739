"""Questions to the ledger's tables."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.errors import NotFound
from matinee.ratings.database import ChunkRow, QuarantineRow
from matinee.ratings.interactions import ClosedChunk
from matinee.ratings.ledger.chunks import Chunk, chunk_of


class ChunkRows:
    """The chunks that a database knows."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def chunk(self, chunk_id: int) -> Chunk:
        """A chunk by its id, closed or not.

        Raises:
            NotFound: there is none.
        """
        with Session(self._database) as session:
            row = session.get(ChunkRow, chunk_id)
            if row is None:
                raise NotFound(f"There is no chunk {chunk_id}.", "See `matinee doctor` for how many there are.")
            return chunk_of(row)

    def chunks(self) -> list[Chunk]:
        """All chunks, in order."""
        with Session(self._database) as session:
            return [chunk_of(row) for row in session.scalars(sa.select(ChunkRow).order_by(ChunkRow.chunk_id))]

    def closed(self) -> list[ClosedChunk]:
        """What closed chunks hold, in order; asked many times a day, so that no more is read of them."""
        query = sa.select(ChunkRow.chunk_id, ChunkRow.sha256).where(ChunkRow.state == "closed")
        with Session(self._database) as session:
            return [ClosedChunk(*row) for row in session.execute(query.order_by(ChunkRow.chunk_id))]

    def of_run(self, run_id: str) -> list[Chunk]:
        """The chunks that a run has claimed, in order."""
        query = sa.select(ChunkRow).where(ChunkRow.claimed_by == run_id).order_by(ChunkRow.chunk_id)
        with Session(self._database) as session:
            return [chunk_of(row) for row in session.scalars(query)]

    def source_digest(self, chunk: Chunk) -> str | None:
        """What the source's digest was when the chunk was closed."""
        with Session(self._database) as session:
            return session.get_one(ChunkRow, chunk.chunk_id).source_digest

    def quarantine(self) -> Mapping[int, dict[str, int]]:
        """Rows that chunks found in quarantine, by chunk id and reason; a chunk that found none is not in it."""
        with Session(self._database) as session:
            found: dict[int, dict[str, int]] = {}
            for row in session.scalars(sa.select(QuarantineRow)):
                found.setdefault(row.chunk_id, {})[row.reason] = row.n_rows
            return found
