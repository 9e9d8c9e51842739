"""The chunk ledger: ratings in the order of time, cut into immutable chunks, each taken by exactly one run.

A chunk is `claimed` in one database transaction, which fixes its period and its live ratings. Its file follows from
that row, the source and the feedback table, so that any process can write it; then the row becomes `closed`. Whoever
comes next finishes what a dead process left, in order, so nothing is skipped and nothing is doubled.

The file of a source of one's own may grow: ratings in periods to come are simply found there; ratings in periods that
are closed are kept beside the next chunk as `late` and counted in its quarantine.

What people take back before a chunk is claimed never enters it; what they take back later stays in the file, which is
immutable, and is left out whenever the chunk is read to learn from.
"""

from collections.abc import Callable, Container
from dataclasses import fields
from datetime import UTC, datetime
from typing import Literal, get_args

import polars as pl
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from matinee.errors import BadData, NotFound, UsageError
from matinee.ratings.database import ChunkRow, FeedbackRow, QuarantineRow, claiming, engine, writing
from matinee.ratings.feedback.withdrawals import IS_WITHDRAWN, without_withdrawn
from matinee.ratings.importing.schema import RATINGS, QuarantineReason
from matinee.ratings.ledger.chunks import CHUNK, Chunk, ChunkFiles, merged
from matinee.ratings.ledger.periods import Period, first_period, next_period
from matinee.ratings.sources.source import Source, prepare, source_name
from matinee.settings import Settings

__all__ = ["CHUNK", "STEPS", "Chunk", "ChunkLedger", "Step"]

log = structlog.get_logger()

Step = Literal["prepared", "claiming", "claimed", "drafted", "published", "closing", "closed"]
"""Moments of `close_next`; a process may die at each of them."""

STEPS: tuple[Step, ...] = get_args(Step)
_NO_RATINGS = pl.Schema({**CHUNK, "chunk_id": pl.Int64()}).to_frame()
_WAITING = FeedbackRow.chunk_id.is_(None) & ~IS_WITHDRAWN


def _go_on(step: Step) -> None:
    """Do nothing at any step."""


class ChunkLedger:
    """The chunks of one home.

    Args:
        settings: home, source, bootstrap, period, and database.
        on_step: called at each of `STEPS`; tests end the process there.
        source: gives the prepared source, for whoever has it already; default is to prepare it.
    """

    def __init__(
        self,
        settings: Settings,
        on_step: Callable[[Step], None] = _go_on,
        source: Callable[[], Source] | None = None,
    ) -> None:
        self._settings = settings
        self._on_step = on_step
        self._source = source or (lambda: prepare(settings))
        self._database = engine(settings)
        self._files = ChunkFiles(settings.home)

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
        own = self._of_run(run_id)
        if own is not None and own.state == "closed":
            return own
        source = self._prepared()
        self._on_step("prepared")
        chunk_id = self._claim(run_id, source)
        self._on_step("claimed")
        for chunk in self.chunks():
            if chunk.state != "closed":
                self._complete(chunk.chunk_id, source)
        return None if chunk_id is None else self.chunk(chunk_id)

    def chunk(self, chunk_id: int) -> Chunk:
        """A chunk by its id, closed or not.

        Raises:
            NotFound: there is none.
        """
        with Session(self._database) as session:
            row = session.get(ChunkRow, chunk_id)
            if row is None:
                raise NotFound(f"There is no chunk {chunk_id}.", "See `matinee doctor` for how many there are.")
            return _chunk(row)

    def chunks(self) -> list[Chunk]:
        """All chunks, in order."""
        with Session(self._database) as session:
            return [_chunk(row) for row in session.scalars(sa.select(ChunkRow).order_by(ChunkRow.chunk_id))]

    def quarantined(self, chunk_id: int) -> dict[str, int]:
        """Rows that the chunk found in quarantine, by reason (`schema.QuarantineReason`)."""
        with Session(self._database) as session:
            row = session.get(ChunkRow, chunk_id)
            return {each.reason: each.n_rows for each in row.quarantine} if row else {}

    def quarantine(self) -> dict[int, dict[str, int]]:
        """What `quarantined` tells, of every chunk that found any."""
        with Session(self._database) as session:
            found: dict[int, dict[str, int]] = {}
            for row in session.scalars(sa.select(QuarantineRow)):
                found.setdefault(row.chunk_id, {})[row.reason] = row.n_rows
            return found

    def ratings_of(self, chunk_id: int) -> pl.DataFrame:
        """Ratings of one closed chunk that nobody took back since: columns of `CHUNK`, and `chunk_id`; by time.

        Raises:
            NotFound: there is no such chunk.
            BadData: it is not closed yet, or its file is damaged and cannot be rebuilt.
        """
        return without_withdrawn(self._database, self._read(self.chunk(chunk_id)))

    def ratings_through(self, chunk_id: int, without: Container[int] = ()) -> pl.DataFrame:
        """Ratings of all chunks up to this one but `without`, as `ratings_of` gives them; raises what it raises."""
        self.chunk(chunk_id)
        chunks = [each for each in self.chunks() if each.chunk_id <= chunk_id and each.chunk_id not in without]
        ratings = pl.concat([_NO_RATINGS, *(self._read(chunk) for chunk in chunks)])
        return without_withdrawn(self._database, ratings)

    def _of_run(self, run_id: str) -> Chunk | None:
        with Session(self._database) as session:
            row = session.scalar(sa.select(ChunkRow).where(ChunkRow.run_id == run_id))
            return None if row is None else _chunk(row)

    def _prepared(self) -> Source:
        """The source, after a look whether the home is bound to it: another one is not even fetched."""
        with Session(self._database) as session:
            _require_same_source(_last(session), source_name(self._settings.data))
        return self._source()

    def _claim(self, run_id: str, source: Source) -> int | None:
        """The run's chunk id: the one it has, or the next one, or None when nothing waits. One transaction."""
        with claiming(self._database) as session:
            own = session.scalar(sa.select(ChunkRow).where(ChunkRow.run_id == run_id))
            if own is not None:
                return own.chunk_id
            last = _last(session)
            _require_same_source(last, source.name)
            period = self._next_period(session, last, source)
            if period is None:
                return None
            row = _claimed(last.chunk_id + 1 if last else 1, run_id, source, period)
            session.add(row)
            session.flush()
            session.execute(sa.update(FeedbackRow).where(_WAITING).values(chunk_id=row.chunk_id))
            self._on_step("claiming")
            return row.chunk_id

    def _next_period(self, session: Session, last: ChunkRow | None, source: Source) -> Period | None:
        if last is None:
            return first_period(self._settings, source)
        if period := next_period(self._settings, source, last.ends_at):
            return period
        waits = session.scalar(sa.select(sa.exists().where(_WAITING)))
        return Period(last.ends_at, last.ends_at) if waits else None

    def _complete(self, chunk_id: int, source: Source) -> None:
        """Write a claimed chunk's file and close it, unless another process has."""
        with self._files.lock():
            chunk = self.chunk(chunk_id)
            if chunk.state == "closed":
                return
            late = self._late(chunk, source)
            self._files.note_late(chunk, late)
            ratings = merged(_in_period(chunk, source), self._live(chunk))
            sha256 = self._files.write(chunk, ratings, lambda: self._on_step("drafted"))
            self._on_step("published")
            self._close(chunk, source, ratings, sha256, late.height)
        log.info("chunk_closed", chunk_id=chunk_id, run_id=chunk.run_id, n_ratings=ratings.height)
        self._on_step("closed")

    def _close(self, chunk: Chunk, source: Source, ratings: pl.DataFrame, sha256: str, n_late: int) -> None:
        with writing(self._database) as session:
            row = session.get_one(ChunkRow, chunk.chunk_id)
            row.state = "closed"
            row.sha256 = sha256
            row.n_ratings = ratings.height
            row.n_live = ratings.filter(pl.col("origin") == "live").height
            row.source_digest = source.digest
            row.closed_at = datetime.now(UTC)
            row.quarantine = _found_in_quarantine(session, source.reasons, n_late)
            session.flush()
            self._on_step("closing")

    def _live(self, chunk: Chunk) -> pl.DataFrame:
        query = sa.select(FeedbackRow).where(FeedbackRow.chunk_id == chunk.chunk_id).order_by(FeedbackRow.id)
        with Session(self._database) as session:
            rows = [(row.user_id, row.movie_id, row.rating, row.rated_at) for row in session.scalars(query)]
        return pl.DataFrame(rows, schema=RATINGS, orient="row")

    def _late(self, chunk: Chunk, source: Source) -> pl.DataFrame:
        """Ratings that a source which has changed has in periods that were closed without them."""
        before = [each for each in self.chunks() if each.chunk_id < chunk.chunk_id]
        if not before or self._source_digest(before[-1]) == source.digest:
            return RATINGS.to_frame()
        passed = pl.scan_parquet(source.ratings_path).filter(pl.col("rated_at") < chunk.starts_at).collect()
        closed = pl.concat(self._read(each) for each in before).filter(pl.col("origin") == "dataset")
        known = pl.concat([closed.select(RATINGS.names()), self._files.noted_late(before)])
        return passed.join(known, on=RATINGS.names(), how="anti", maintain_order="left")

    def _source_digest(self, chunk: Chunk) -> str | None:
        with Session(self._database) as session:
            return session.get_one(ChunkRow, chunk.chunk_id).source_digest

    def _read(self, chunk: Chunk) -> pl.DataFrame:
        if chunk.state != "closed":
            raise BadData(f"Chunk {chunk.chunk_id} is not closed yet.", "Run `matinee ingest`, which finishes it.")
        if not self._files.is_intact(chunk):
            self._restore(chunk)
        return self._files.read(chunk)

    def _restore(self, chunk: Chunk) -> None:
        late = self._files.noted_late(self.chunks())
        dataset = _in_period(chunk, self._prepared())
        dataset = dataset.join(late, on=RATINGS.names(), how="anti", maintain_order="left")
        if not self._files.restore(chunk, merged(dataset, self._live(chunk))):
            raise BadData(
                f"{self._files.path(chunk)} is missing or damaged, and its source no longer gives the same ratings.",
                "Restore the file from a backup.",
            )
        log.warning("chunk_restored", chunk_id=chunk.chunk_id)


def _last(session: Session) -> ChunkRow | None:
    return session.scalar(sa.select(ChunkRow).order_by(ChunkRow.chunk_id.desc()).limit(1))


def _require_same_source(last: ChunkRow | None, name: str) -> None:
    if last is not None and last.source != name:
        raise UsageError(
            f"This home learns from {last.source}, not from {name}.",
            "Set MATINEE_HOME to another folder for the new source, or MATINEE_DATA back.",
        )


def _claimed(chunk_id: int, run_id: str, source: Source, period: Period) -> ChunkRow:
    return ChunkRow(
        chunk_id=chunk_id,
        run_id=run_id,
        source=source.name,
        state="claimed",
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        n_ratings=0,
        n_live=0,
        path=f"ratings/chunk-{chunk_id:05}.parquet",
        claimed_at=datetime.now(UTC),
    )


def _in_period(chunk: Chunk, source: Source) -> pl.DataFrame:
    in_period = pl.col("rated_at").is_between(chunk.starts_at, chunk.ends_at, closed="left")
    return pl.scan_parquet(source.ratings_path).filter(in_period).collect()


def _found_in_quarantine(session: Session, reasons: dict[str, int], n_late: int) -> list[QuarantineRow]:
    """What is in the source's quarantine and was not counted by an earlier chunk yet, and the late ratings."""
    n_rows = sa.func.sum(QuarantineRow.n_rows)
    query = sa.select(QuarantineRow.reason, n_rows).group_by(QuarantineRow.reason)
    counted = dict(session.execute(query).all())
    found = {reason: count - counted.get(reason, 0) for reason, count in reasons.items()}
    found[QuarantineReason.LATE] = n_late
    return [QuarantineRow(reason=str(reason), n_rows=count) for reason, count in found.items() if count > 0]


def _chunk(row: ChunkRow) -> Chunk:
    values = {field.name: getattr(row, field.name) for field in fields(Chunk) if field.name != "n_quarantined"}
    return Chunk(**values, n_quarantined=sum(each.n_rows for each in row.quarantine))
