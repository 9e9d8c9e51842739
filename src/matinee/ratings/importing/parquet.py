"""Parquet files as tables of strings, like text files; columns whose type cannot be meant are refused."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from matinee.errors import BadData
from matinee.ratings.importing.columns import Vocabulary
from matinee.ratings.importing.encodings import Encoding

_BATCH_ROWS = 1_000_000
_EXACT = {True: 2**24, False: 2**53}
"""From here on not every whole number is a float, of 32 bits (true) and of 64."""

_DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What Polars raises of a file whose bytes are wrong; the second one is no `Exception`."""

READ = "import sys, polars; polars.scan_parquet(sys.argv[1], glob=False, hive_partitioning=False).collect()"
"""What the child runs."""

_IDS = ("user_id", "movie_id")


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file, read as if it were text: `row` from 1, `line` as JSON, times as epoch seconds.

    Whole numbers that are floats are whole numbers; those that a float cannot tell from their neighbours are `7e+17`,
    which is no id. `line` holds the columns that are read.
    """

    path: Path
    vocabulary: Vocabulary | None = None

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Names of all columns, as the file has them."""
        return tuple(self._schema)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are read: ours where the file's mean the same."""
        return tuple(self._names.values())

    @cached_property
    def meant(self) -> dict[str, str]:
        """The file's name of each column that is read, by ours."""
        return {ours: theirs for theirs, ours in self._names.items()}

    @property
    def form(self) -> str:
        """How it is written, in words."""
        return "Parquet"

    @property
    def found_encoding(self) -> Encoding | None:
        """None: the format has one text encoding."""
        return None

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for theirs, ours in self._names.items():
            self._require_type(theirs, ours)
        try:
            frame = self._frame.select(*self._names).collect()
        except _DAMAGE as error:
            raise BadData(f"{self.path} is a damaged Parquet file: {error}.", "Write it again.") from error
        for start in range(0, frame.height, _BATCH_ROWS):
            yield self._as_text(frame.slice(start, _BATCH_ROWS), start)

    def _as_text(self, batch: pl.DataFrame, start: int) -> pl.DataFrame:
        texts = pl.DataFrame([_text(batch[theirs], ours).alias(ours) for theirs, ours in self._names.items()])
        shown = [pl.col(name) for name in self._names if not _holds_bytes(self._schema[name])]
        return texts.with_columns(
            pl.int_range(start + 1, start + 1 + batch.height, dtype=pl.Int64).alias("row"),
            batch.select(pl.struct(shown).struct.json_encode().alias("line"))["line"]
            if shown
            else pl.lit("").alias("line"),
            reason=pl.lit(None, pl.String),
        )

    def _require_type(self, theirs: str, ours: str) -> None:
        kind = self._schema[theirs]
        if not _may_be(kind, ours):
            raise BadData(
                f"{self.path} has {theirs} ({ours}) of type {str(kind)[:60]}, which cannot be meant.",
                "Write the column as text or numbers (times also as timestamps), or name another one.",
            )

    @cached_property
    def _names(self) -> dict[str, str]:
        """Our name of each column that is read, by the file's."""
        understood = self.vocabulary.understood(self.header) if self.vocabulary else self.header
        return {theirs: ours for theirs, ours in zip(self.header, understood, strict=True) if ours is not None}

    @cached_property
    def _schema(self) -> pl.Schema:
        try:
            return self._frame.collect_schema()
        except _DAMAGE as error:
            raise BadData(f"{self.path} is not a Parquet file.", "Write it again, or name another file.") from error

    @cached_property
    def _frame(self) -> pl.LazyFrame:
        require_readable(self.path)
        return pl.scan_parquet(self.path, glob=False, hive_partitioning=False)


def require_readable(path: Path) -> None:
    """Refuse a file over which Polars ends the process; a child reads it first, and what it raises is no matter here.

    Raises:
        BadData: the child was ended by a signal.
    """
    command = [sys.executable, "-c", READ, str(path)]
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    if ended < 0:
        raise BadData(f"{path} is a damaged Parquet file: reading it ends the process.", "Write it again.")


def _may_be(kind: pl.DataType, ours: str) -> bool:
    if isinstance(kind, pl.List):
        return ours in ("genres", "aliases") and isinstance(kind.inner, pl.String | pl.Categorical | pl.Enum)
    if isinstance(kind, pl.Datetime | pl.Date):
        return ours not in (*_IDS, "rating", "title", "genres", "aliases", "status")
    if kind == pl.Boolean:
        return ours == "rating"
    return kind.is_numeric() or kind == pl.Null or isinstance(kind, pl.String | pl.Categorical | pl.Enum | pl.Binary)


def _holds_bytes(kind: pl.DataType) -> bool:
    return kind == pl.Binary


def _text(column: pl.Series, ours: str) -> pl.Series:
    if column.dtype == pl.Binary:
        return pl.Series([_utf8(value) for value in column], dtype=pl.String)
    return column.alias("value").to_frame().select(_as_text(column.dtype, ours)).to_series()


def _utf8(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _as_text(kind: pl.DataType, ours: str) -> pl.Expr:
    value = pl.col("value")
    if isinstance(kind, pl.Datetime | pl.Date):
        return (value.dt.epoch("us") / 1e6).cast(pl.String)
    if isinstance(kind, pl.List):
        return value.cast(pl.List(pl.String)).list.join("|")
    if kind == pl.Boolean:
        return value.cast(pl.Int8).cast(pl.String)
    if kind.is_float() and ours in _IDS:
        wide, exact = value.cast(pl.Float64).fill_nan(None), _EXACT[kind == pl.Float32]
        whole = (wide.floor() == wide) & (wide.abs() < exact)
        inexact = pl.when(wide.abs() >= exact).then(pl.lit("7e+17")).otherwise(wide.cast(pl.String))
        return pl.when(whole).then(wide.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(inexact)
    if kind.is_float():
        return value.fill_nan(None).cast(pl.String)
    return value.cast(pl.String, strict=False)
