"""Questions to the ledger's tables."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from matinee.errors import NotFound
from matinee.ratings.database import ChunkRow, QuarantineRow
from matinee.ratings.interactions import ClosedChunk
from matinee.ratings.ledger.chunks import Chunk


class ChunkRows:
    """The chunks that a database knows."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def chunk(self, chunk_id: int) -> Chunk:
        """A chunk by its id, closed or not.

        Raises:
            NotFound: there is none.
        """
        found = self._found(ChunkRow.chunk_id == chunk_id)
        if not found:
            raise NotFound(f"There is no chunk {chunk_id}.", "See `matinee doctor` for how many there are.")
        return found[0]

    def chunks(self) -> list[Chunk]:
        """All chunks, in order."""
        return self._found()

    def newest_closed(self) -> Chunk | None:
        """The newest chunk that is closed; None before the first."""
        with Session(self._database) as session:
            newest = session.scalar(sa.select(sa.func.max(ChunkRow.chunk_id)).where(ChunkRow.state == "closed"))
        return None if newest is None else self.chunk(newest)

    def n_ratings_through(self, chunk_id: int) -> int:
        """How many ratings the chunks up to this one have."""
        query = sa.select(sa.func.coalesce(sa.func.sum(ChunkRow.n_ratings), 0)).where(ChunkRow.chunk_id <= chunk_id)
        with Session(self._database) as session:
            return int(session.scalar(query) or 0)

    def closed(self) -> list[ClosedChunk]:
        """What closed chunks hold, in order; asked many times a day, so that no more is read of them."""
        query = sa.select(ChunkRow.chunk_id, ChunkRow.sha256).where(ChunkRow.state == "closed")
        with Session(self._database) as session:
            return [ClosedChunk(*row) for row in session.execute(query.order_by(ChunkRow.chunk_id))]

    def of_run(self, run_id: str) -> list[Chunk]:
        """The chunks that a run has claimed, in order."""
        return self._found(ChunkRow.claimed_by == run_id)

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

    def _found(self, *conditions: sa.ColumnElement[bool]) -> list[Chunk]:
        """Chunks in order, read as columns: that takes less than half the time of objects that SQLAlchemy keeps."""
        query = sa.select(*_COLUMNS).where(*conditions).order_by(ChunkRow.chunk_id)
        with Session(self._database) as session:
            return [Chunk(*row) for row in session.execute(query)]


_N_QUARANTINED = (
    sa.select(sa.func.coalesce(sa.func.sum(QuarantineRow.n_rows), 0))
    .where(QuarantineRow.chunk_id == ChunkRow.chunk_id)
    .scalar_subquery()
)

_NAMED_OTHERWISE: dict[str, Any] = {"run_id": ChunkRow.claimed_by, "n_quarantined": _N_QUARANTINED}

_COLUMNS = [
    _NAMED_OTHERWISE[name] if name in _NAMED_OTHERWISE else getattr(ChunkRow, name)
    for name in (each.name for each in fields(Chunk))
]
"""The fields of `Chunk`, in their order."""
