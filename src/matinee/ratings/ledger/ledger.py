"""The chunk ledger: ratings in the order of time, cut into immutable chunks, each taken by exactly one run.

Chunks are `claimed` in one database transaction, which fixes their periods and their live ratings (`periods` says
which). A chunk's file follows from its row, the source and the feedback table, so that any process can write it; then
the row becomes `closed`. Whoever comes next finishes what a dead process left, in order, so nothing is skipped and
nothing is doubled.

The file of a source of one's own may grow. Ratings in periods to come wait there, those that are dated ahead too;
ratings in periods that are closed join the next chunk, where they are `late`.

What people take back before a chunk is claimed never enters it; what they take back later stays in the file, which is
immutable, and is left out whenever the chunk is read to learn from.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy.orm import Session

from matinee import clock
from matinee.errors import UsageError
from matinee.ratings.database import engine
from matinee.ratings.events import event_weights, learned
from matinee.ratings.feedback.withdrawals import scan_without_withdrawn, withdrawals, without_withdrawn
from matinee.ratings.interactions import InteractionStore
from matinee.ratings.ledger.chunks import Chunk
from matinee.ratings.ledger.claims import claim, last_row, require_same_source
from matinee.ratings.ledger.closing import Closing
from matinee.ratings.ledger.content import n_ahead
from matinee.ratings.ledger.files import ChunkFiles
from matinee.ratings.ledger.home_time import home_time
from matinee.ratings.ledger.learning import LearnedChunks
from matinee.ratings.ledger.reading import ChunkReader
from matinee.ratings.ledger.rows import ChunkRows
from matinee.ratings.ledger.steps import OnStep, go_on
from matinee.ratings.sources import Source, prepare, source_name
from matinee.settings import Settings


@dataclass(frozen=True)
class Taken:
    """What a run has taken: some chunks; or none, because a period is not over yet or there are no more ratings."""

    chunks: tuple[Chunk, ...]
    not_over: datetime | None = None
    """End of the period that has to be over before there is something to take."""

    was_taken_before: bool = False
    """Whether an earlier call of the same run took them: a retry, or a run that was cleared."""


class ChunkLedger:
    """The chunks of one home.

    Args:
        settings: home, source, bootstrap, period, and database.
        on_step: called at each of `steps.STEPS`; tests end the process there.
        source: gives the prepared source, for whoever has it already; default is to prepare it.
    """

    def __init__(self, settings: Settings, on_step: OnStep = go_on, source: Callable[[], Source] | None = None) -> None:
        self._settings = settings
        self._source = source or (lambda: prepare(settings, verify=True))
        self._on_step = on_step
        self._database = engine(settings)
        self._rows = ChunkRows(self._database)
        files = ChunkFiles(settings)
        self._reader = ChunkReader(self._source, self._database, files, InteractionStore(settings))
        self._closing = Closing(self._database, files, self._reader, on_step)

    def take(self, run_id: str) -> Taken:
        """Take what is next for a run, and write it; the same run always gets the same chunks.

        A replay gives one chunk, a live home one for each period that is over and has ratings.

        Raises:
            UsageError: the home belongs to another source, or the run id is empty.
            BadData, DependencyUnreachable: the source cannot be prepared.
            StorageError: a chunk cannot be written.
        """
        if not run_id.strip():
            raise UsageError("A run needs an id.", "Give a run id that is not empty.")
        own = self._rows.of_run(run_id)
        if own and all(chunk.state == "closed" for chunk in own):
            return Taken(tuple(own), was_taken_before=True)
        source = self._prepared()
        self._on_step("prepared")
        claimed = claim(self._database, self._settings, run_id, source, self._on_step)
        self._on_step("claimed")
        for chunk in self.chunks():
            if chunk.state != "closed":
                self._closing.close(chunk.chunk_id, source)
        self._reader.keep_all()
        chunks = tuple(self.chunk(chunk_id) for chunk_id in claimed.chunk_ids)
        return Taken(chunks, claimed.not_over, was_taken_before=bool(own))

    def close_next(self, run_id: str) -> Chunk | None:
        """The newest of the chunks that `take` gives, or None; raises what it raises."""
        taken = self.take(run_id)
        return taken.chunks[-1] if taken.chunks else None

    def ahead(self) -> int:
        """Ratings of the source and live ones that are in no chunk yet and are dated after the present.

        Raises what preparing the source raises.
        """
        return n_ahead(self._database, self._source())

    def now(self) -> datetime:
        """What time it is for this home (`home_time`); before the first chunk the wall clock's."""
        return home_time(self.newest_closed()) or clock.now()

    def chunk(self, chunk_id: int) -> Chunk:
        """A chunk by its id, closed or not.

        Raises:
            NotFound: there is none.
        """
        return self._rows.chunk(chunk_id)

    def chunks(self) -> list[Chunk]:
        """All chunks, in order."""
        return self._rows.chunks()

    def chunks_of_run(self, run_id: str) -> list[Chunk]:
        """The chunks that a run has taken, in order."""
        return self._rows.of_run(run_id)

    def n_ratings_through(self, chunk_id: int) -> int:
        """How many ratings the chunks up to this one have."""
        return self._rows.n_ratings_through(chunk_id)

    def newest_closed(self) -> Chunk | None:
        """The newest chunk that is closed; None before the first."""
        return self._rows.newest_closed()

    def quarantined(self, chunk_id: int) -> dict[str, int]:
        """Rows that the chunk found in quarantine, by reason (`schema.QuarantineReason`)."""
        return self._rows.quarantine().get(chunk_id, {})

    def quarantine(self) -> Mapping[int, dict[str, int]]:
        """What `quarantined` tells, of every chunk that found any."""
        return self._rows.quarantine()

    def ratings_of(self, chunk_id: int) -> pl.DataFrame:
        """What is learned of one closed chunk (`events.learned`): `CHUNK`, `weight` and `chunk_id`, by time.

        What somebody took back since is not among it.

        Raises:
            NotFound: there is no such chunk.
            BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
        """
        return learned(self.interactions_of(chunk_id).lazy(), event_weights(self._settings)).collect()

    def interactions_of(self, chunk_id: int) -> pl.DataFrame:
        """Ratings and all other events of one closed chunk that nobody took back since: `CHUNK`, `chunk_id`; by time.

        Raises what `ratings_of` raises.
        """
        return without_withdrawn(self._database, self._reader.read(self.chunk(chunk_id)))

    def ratings_through(self, chunk_id: int, without: Container[int] = ()) -> pl.DataFrame:
        """Ratings of all chunks up to this one but `without`, as `ratings_of` gives them; raises what it raises.

        They are read from a few files (`InteractionStore`), in however many chunks they came.
        """
        held = without_withdrawn(self._database, self._reader.read_all(self._through(chunk_id, without)))
        return learned(held.lazy(), event_weights(self._settings)).collect()

    def scan_through(self, chunk_id: int, without: Container[int] = ()) -> pl.LazyFrame:
        """What `ratings_through` gives, for whoever needs little of it: only what is collected is read."""
        held = scan_without_withdrawn(self._database, self._reader.scan_all(self._through(chunk_id, without)))
        return learned(held, event_weights(self._settings))

    def learned_chunks(self, chunk_id: int, without: Container[int] = ()) -> LearnedChunks:
        """What `ratings_through` gives, for other processes to read, as things stand now."""
        without_secrets = self._settings.model_copy(
            update={"api_token": None, "database_url": None, "airflow_database_url": None}
        )
        wanted = self._through(chunk_id, without)
        chunks = tuple(each for each in self.chunks() if each.chunk_id in wanted)
        return LearnedChunks(without_secrets, chunks, withdrawals(self._database))

    def _through(self, chunk_id: int, without: Container[int]) -> set[int]:
        """Ids of the chunks up to one, of which none is ever skipped."""
        return {each for each in range(1, self.chunk(chunk_id).chunk_id + 1) if each not in without}

    def require_own_source(self) -> None:
        """Refuse to go on with other ratings than those that the home's chunks are from.

        Raises:
            UsageError: the settings name other ones.
        """
        with Session(self._database) as session:
            require_same_source(last_row(session), source_name(self._settings.data))

    def _prepared(self) -> Source:
        """The source, after a look whether the home is bound to it: another one is not even fetched."""
        self.require_own_source()
        return self._source()
