"""The chunks as a Spark data source: executors read their Parquet files through `matinee.storage`.

So a home in object storage needs no Hadoop connector, every file is verified by its hash, and what was taken back or is
not learned is left out by the lines that leave it out everywhere else.

Source: Spark's Python data source API, https://spark.apache.org/docs/latest/api/python/tutorial/sql/python_data_source.html
"""

from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import StructType

from matinee.ratings.ledger.learning import LearnedChunks

SCHEMA = (
    "user_id string, movie_id string, rating float, rated_at bigint, event string, weight float, chunk_id bigint, "
    "place bigint"
)
"""Columns of what is read: `rated_at` in microseconds since 1970 (UTC), `place` of a row in its chunk."""

_ARROW = pa.schema(
    [
        ("user_id", pa.string()),
        ("movie_id", pa.string()),
        ("rating", pa.float32()),
        ("rated_at", pa.int64()),
        ("event", pa.string()),
        ("weight", pa.float32()),
        ("chunk_id", pa.int64()),
        ("place", pa.int64()),
    ]
)

BATCH = 100_000
"""Rows that go to Spark at a time."""


def source_of(chunks: LearnedChunks) -> type[DataSource]:
    """A data source of these chunks. Spark carries the class to its workers, and the chunks with it."""

    class ChunkSource(DataSource):
        """What is learned of the chunks, one partition for each file."""

        @classmethod
        def name(cls) -> str:
            return "matinee"

        def schema(self) -> str:
            return SCHEMA

        def reader(self, schema: StructType) -> DataSourceReader:  # noqa: ARG002  as Spark calls it
            return ChunkSourceReader(chunks)

    return ChunkSource


class ChunkSourceReader(DataSourceReader):
    """Reads one chunk a partition."""

    def __init__(self, chunks: LearnedChunks) -> None:
        self._chunks = chunks

    def partitions(self) -> Sequence[InputPartition]:
        """One for each chunk, by its number."""
        return [InputPartition(number) for number in range(len(self._chunks.chunks))]

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Rows of one chunk; raises what `LearnedChunks.read` raises."""
        ratings = self._chunks.read(self._chunks.chunks[partition.value])
        rows = ratings.with_row_index("place").with_columns(
            pl.col("user_id", "movie_id", "event").cast(pl.String),
            pl.col("rated_at").dt.epoch("us"),
            pl.col("place").cast(pl.Int64),
        )
        yield from rows.select(_ARROW.names).to_arrow().cast(_ARROW).to_batches(BATCH)


def ratings_in(batches: Sequence[pa.RecordBatch]) -> pl.DataFrame:
    """Rows of the source, in the order of chunks, as `Interactions.from_ratings` takes them."""
    frame = pl.DataFrame(pa.Table.from_batches(batches, _ARROW))
    rated_at = pl.from_epoch("rated_at", "us").dt.replace_time_zone("UTC")
    return frame.sort("chunk_id", "place").with_columns(rated_at).drop("chunk_id", "place")
