"""The chunk ledger: ratings in the order of time, cut into immutable chunks, each taken by exactly one run.

A chunk is `claimed` in one database transaction, which fixes its period and its live ratings. Its file follows from
that row, the source and the feedback table, so that any process can write it; then the row becomes `closed`. Whoever
comes next finishes what a dead process left, in order, so nothing is skipped and nothing is doubled.

The file of a source of one's own may grow: ratings in periods to come are simply found there; ratings in periods that
are closed are kept beside the next chunk as `late` and counted in its quarantine.

What people take back before a chunk is claimed never enters it; what they take back later stays in the file, which is
immutable, and is left out whenever the chunk is read to learn from.
"""

from collections.abc import Callable, Container, Mapping

import polars as pl
from sqlalchemy.orm import Session

from matinee.errors import UsageError
from matinee.ratings.database import engine
from matinee.ratings.feedback.withdrawals import without_withdrawn
from matinee.ratings.ledger.chunks import CHUNK, Chunk
from matinee.ratings.ledger.claims import claim, last_row, require_same_source
from matinee.ratings.ledger.closing import Closing
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.reading import ChunkReader
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.ledger.steps import OnStep, go_on
from matinee.ratings.sources import Source, prepare, source_name
from matinee.settings import Settings

_NO_RATINGS = pl.Schema({**CHUNK, "chunk_id": pl.Int64()}).to_frame()


class ChunkLedger:
    """The chunks of one home.

    Args:
        settings: home, source, bootstrap, period, and database.
        on_step: called at each of `steps.STEPS`; tests end the process there.
        source: gives the prepared source, for whoever has it already; default is to prepare it.
    """

    def __init__(self, settings: Settings, on_step: OnStep = go_on, source: Callable[[], Source] | None = None) -> None:
        self._settings = settings
        self._source = source or (lambda: prepare(settings))
        self._on_step = on_step
        self._database = engine(settings)
        self._rows = ChunkRows(self._database)
        files = ChunkFiles(settings)
        self._reader = ChunkReader(self._source, self._database, files)
        self._closing = Closing(self._database, files, self._reader, on_step)

    def close_next(self, run_id: str) -> Chunk | None:
        """Take the next chunk for a run, and write it; the same run always gets the same chunk.

        Returns:
            The closed chunk, or None when there is no more data.

        Raises:
            UsageError: the home belongs to another source, or the run id is empty.
            BadData, DependencyUnreachable: the source cannot be prepared.
        """
        if not run_id.strip():
            raise UsageError("A run needs an id.", "Give a run id that is not empty.")
        own = self._rows.of_run(run_id)
        if own is not None and own.state == "closed":
            return own
        source = self._prepared()
        self._on_step("prepared")
        chunk_id = claim(self._database, self._settings, run_id, source, self._on_step)
        self._on_step("claimed")
        for chunk in self.chunks():
            if chunk.state != "closed":
                self._closing.close(chunk.chunk_id, source)
        return None if chunk_id is None else self.chunk(chunk_id)

    def chunk(self, chunk_id: int) -> Chunk:
        """A chunk by its id, closed or not.

        Raises:
            NotFound: there is none.
        """
        return self._rows.chunk(chunk_id)

    def chunks(self) -> list[Chunk]:
        """All chunks, in order."""
        return self._rows.chunks()

    def quarantined(self, chunk_id: int) -> dict[str, int]:
        """Rows that the chunk found in quarantine, by reason (`schema.QuarantineReason`)."""
        return self._rows.quarantine().get(chunk_id, {})

    def quarantine(self) -> Mapping[int, dict[str, int]]:
        """What `quarantined` tells, of every chunk that found any."""
        return self._rows.quarantine()

    def ratings_of(self, chunk_id: int) -> pl.DataFrame:
        """Ratings of one closed chunk that nobody took back since: columns of `CHUNK`, and `chunk_id`; by time.

        Raises:
            NotFound: there is no such chunk.
            BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
        """
        return without_withdrawn(self._database, self._reader.read(self.chunk(chunk_id)))

    def ratings_through(self, chunk_id: int, without: Container[int] = ()) -> pl.DataFrame:
        """Ratings of all chunks up to this one but `without`, as `ratings_of` gives them; raises what it raises."""
        self.chunk(chunk_id)
        chunks = [each for each in self.chunks() if each.chunk_id <= chunk_id and each.chunk_id not in without]
        ratings = pl.concat([_NO_RATINGS, *(self._reader.read(chunk) for chunk in chunks)])
        return without_withdrawn(self._database, ratings)

    def _prepared(self) -> Source:
        """The source, after a look whether the home is bound to it: another one is not even fetched."""
        with Session(self._database) as session:
            require_same_source(last_row(session), source_name(self._settings.data))
        return self._source()
