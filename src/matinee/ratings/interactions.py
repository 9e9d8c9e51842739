"""The interactions of all closed chunks in a few files, which cost what they hold, in however many chunks it came.

A home has a file a day, a thousand after three years. Here their content stands once more, in *segments* of contiguous
chunks. A new chunk is a segment; one that is not larger than what comes after it is merged with that, so that there are
about as many segments as the number of ratings has binary digits, and a rating is rewritten as often (the method of a
log-structured merge tree, O'Neil et al., 1996).

All of this follows from the chunks. A segment counts only if it is of the very chunks that the ledger knows and its
bytes are those that were written; what no such segment holds is read from the chunks, and written again when the next
chunk is closed.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import polars as pl
import structlog

from matinee.errors import BadData, Damaged, StorageError
from matinee.ratings.importing.schema import CHUNK
from matinee.settings import Settings
from matinee.storage import disk_errors, home_storage, json_into, locked, parquet_into

log = structlog.get_logger()

FOLDER = "ratings/interactions"
INDEX = f"{FOLDER}/segments.json"


class ClosedChunk(NamedTuple):
    """What the ledger knows of a chunk's content."""

    chunk_id: int
    sha256: str | None


KEPT = pl.Schema({**CHUNK, "chunk_id": pl.Int64()})
"""Columns of a segment."""

ReadChunk = Callable[[int], pl.DataFrame]
"""Gives the interactions of a chunk (`KEPT`)."""


@dataclass(frozen=True)
class Segment:
    """A file with the ratings of the chunks `first` to `last`, in their order."""

    first: int
    last: int
    n_ratings: int
    of: str
    """Digest of the ids and SHA-256 of the chunks."""
    sha256: str
    """Of the file."""

    @property
    def name(self) -> str:
        """Of the file, in the home's storage."""
        return f"{FOLDER}/{self.first:05}-{self.last:05}.parquet"


class InteractionStore:
    """The segments of one home."""

    def __init__(self, settings: Settings) -> None:
        self._storage = home_storage(settings)
        self._lock = settings.home / FOLDER / ".lock"

    def read(self, closed: Sequence[ClosedChunk], wanted: Collection[int], read_chunk: ReadChunk) -> list[pl.DataFrame]:
        """Ratings of the `wanted` of the `closed` chunks, in their order; nothing is written.

        Args:
            closed: all closed chunks of the ledger, in order.
            wanted: ids of those to read.
            read_chunk: reads what no segment holds; what it raises is raised.
        """
        return [each.collect() for each in self.scan(closed, wanted, read_chunk)]

    def scan(self, closed: Sequence[ClosedChunk], wanted: Collection[int], read_chunk: ReadChunk) -> list[pl.LazyFrame]:
        """The same, verified now, and of the segments read only what is collected, as soon as it is."""
        segments = self._intact(closed)
        rest = closed[segments[-1].last if segments else 0 :]
        held = (self._ratings(segment, wanted) for segment in segments)
        return [*held, *(read_chunk(chunk.chunk_id).lazy() for chunk in rest if chunk.chunk_id in wanted)]

    def add(self, closed: Sequence[ClosedChunk], read_chunk: ReadChunk) -> None:
        """Write what no segment holds yet; arguments as of `read`.

        What cannot be written or read is told in the log: all of it stays in the chunks, and is tried again next time.
        """
        try:
            with disk_errors(self._lock), locked(self._lock):
                self._add(closed, read_chunk)
        except (StorageError, BadData) as error:
            log.warning("interactions_not_written", error=str(error))

    def _add(self, closed: Sequence[ClosedChunk], read_chunk: ReadChunk) -> None:
        revision = self._storage.revision(INDEX)
        before, intact = self._segments(), self._intact(closed)
        rest = closed[intact[-1].last if intact else 0 :]
        if rest:
            segments = self._with(intact, closed, [read_chunk(chunk.chunk_id) for chunk in rest])
            with self._storage.replace(INDEX, revision) as draft:  # who adds on another machine has no such lock
                json_into(draft.path, [asdict(segment) for segment in segments])
            self._remove_all_but([*before, *segments])

    def _with(self, intact: Sequence[Segment], closed: Sequence[ClosedChunk], new: list[pl.DataFrame]) -> list[Segment]:
        """The segments after `new` is written, together with those before it that are not larger."""
        kept, n_ratings = list(intact), sum(each.height for each in new)
        while kept and kept[-1].n_ratings <= n_ratings:
            merged = kept.pop()
            new.insert(0, self._content(merged).collect())
            n_ratings += merged.n_ratings
        chunks = closed[kept[-1].last if kept else 0 :]
        segment = Segment(chunks[0].chunk_id, chunks[-1].chunk_id, n_ratings, _digest(chunks), "")
        with self._storage.write(segment.name) as draft:
            parquet_into(draft.path, pl.concat(new))
            sha256 = draft.sha256()
        return [*kept, Segment(**{**asdict(segment), "sha256": sha256})]

    def _ratings(self, segment: Segment, wanted: Collection[int]) -> pl.LazyFrame:
        ids = [chunk_id for chunk_id in range(segment.first, segment.last + 1) if chunk_id in wanted]
        ratings = self._content(segment)
        is_whole = len(ids) == segment.last - segment.first + 1
        return ratings if is_whole else ratings.filter(pl.col("chunk_id").is_in(ids))

    def _content(self, segment: Segment) -> pl.LazyFrame:
        return _as_of_now(pl.scan_parquet(self._storage.read(segment.name, segment.sha256)))

    def _intact(self, closed: Sequence[ClosedChunk]) -> list[Segment]:
        """Segments of exactly the first of the closed chunks, up to one that is damaged or missing."""
        intact: list[Segment] = []
        for segment in self._segments():
            chunks = closed[segment.first - 1 : segment.last]
            follows = segment.first == (intact[-1].last + 1 if intact else 1)
            if not follows or segment.of != _digest(chunks) or not self._verifies(segment):
                return intact
            intact.append(segment)
        return intact

    def _verifies(self, segment: Segment) -> bool:
        try:
            self._storage.read(segment.name, segment.sha256)
        except Damaged as damaged:
            log.warning("interactions_damaged", file=segment.name, error=str(damaged))
            return False
        return True

    def _segments(self) -> list[Segment]:
        """What the index tells; nothing when there is none or it cannot be read."""
        if not self._storage.exists(INDEX):
            return []
        try:
            return [Segment(**each) for each in json.loads(self._storage.read(INDEX).read_text())]
        except (ValueError, TypeError) as error:
            log.warning("interactions_damaged", file=INDEX, error=str(error))
            return []

    def _remove_all_but(self, used: Iterable[Segment]) -> None:
        """Remove what neither this index nor the one before names, whose readers may still open its files."""
        names = {INDEX, *(segment.name for segment in used)}
        for name in self._storage.list(FOLDER):
            if name not in names:
                self._storage.delete(name)


def _as_of_now(segment: pl.LazyFrame) -> pl.LazyFrame:
    """A segment in the columns of today.

    Those of matinee before it knew of other events hold ratings alone; later ones hold ids as text.
    """
    if "event" not in segment.collect_schema():
        segment = segment.with_columns(event=pl.lit("rating"))
    return segment.select(KEPT.names()).cast(KEPT)


def _digest(chunks: Iterable[ClosedChunk]) -> str:
    lines = "".join(f"{chunk.chunk_id} {chunk.sha256}\n" for chunk in chunks)
    return hashlib.sha256(lines.encode()).hexdigest()
