"""Reading files row by row as strings, so that a broken row is one broken row and not a broken file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import polars as pl

from matinee.errors import BadData
from matinee.ratings.importing.schema import QuarantineReason

_BATCH_BYTES = 32 << 20
_BATCH_ROWS = 1_000_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

STANDARD_NAMES = {"userId": "user_id", "movieId": "movie_id", "timestamp": "rated_at"}
"""MovieLens's names of the columns, and ours."""


@dataclass(frozen=True)
class TextTable:
    """A text file of one row a line. Iterating gives batches: `row, line, reason`, and each of `columns`, as strings.

    `row` is the line's number, from 1; empty lines are no rows. `columns` are read from the first line when not
    given. Quotes have a meaning in comma-separated files only.
    """

    path: Path
    separator: str = ","
    encoding: str = "utf-8"
    given_columns: tuple[str, ...] = ()
    has_header: bool = True

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, MovieLens's ones translated to ours."""
        if self.given_columns:
            return self.given_columns
        with self.path.open("rb") as file:
            first = file.readline().removeprefix(_BYTE_ORDER_MARK).decode(self.encoding, "backslashreplace")
        names = next(csv.reader([first.rstrip("\r\n")], delimiter=self.separator), [])
        return tuple(STANDARD_NAMES.get(name.strip(), name.strip()) for name in names)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        with self.path.open("rb") as file:
            n_before = 0
            for block in _blocks(file):
                lines = _decoded(block, self.encoding, n_before)
                n_before += lines.height
                no_rows = (pl.col("row") == 1) & pl.lit(self.has_header) | (pl.col("line") == "")
                yield self._split(lines.filter(~no_rows))

    def _split(self, lines: pl.DataFrame) -> pl.DataFrame:
        quoted = pl.col("line").str.contains('"', literal=True) & pl.lit(self.separator == ",")
        return pl.concat([self._split_plain(lines.filter(~quoted)), self._split_quoted(lines.filter(quoted))])

    def _split_plain(self, lines: pl.DataFrame) -> pl.DataFrame:
        n_columns = len(self.columns)
        parts = lines["line"].str.split_exact(self.separator, n_columns).struct.unnest()
        parts.columns = [*self.columns, "_beyond"]
        complete = parts[self.columns[-1]].is_not_null() & parts["_beyond"].is_null()
        return self._with_reason(lines, parts.drop("_beyond"), complete)

    def _split_quoted(self, lines: pl.DataFrame) -> pl.DataFrame:
        n_columns = len(self.columns)
        rows = [_csv_fields(line) for line in lines["line"]]
        complete = pl.Series([len(fields) == n_columns for fields in rows], dtype=pl.Boolean)
        fields = [row if len(row) == n_columns else [None] * n_columns for row in rows]
        parts = pl.DataFrame(fields, schema=dict.fromkeys(self.columns, pl.String), orient="row")
        return self._with_reason(lines, parts, complete)

    def _with_reason(self, lines: pl.DataFrame, parts: pl.DataFrame, complete: pl.Series) -> pl.DataFrame:
        reason = pl.coalesce("reason", pl.when(~complete).then(pl.lit(QuarantineReason.WRONG_FIELD_COUNT)))
        return pl.concat([lines.with_columns(reason=reason), parts], how="horizontal")


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file, read as if it were text: `row` from 1, `line` as JSON, times as epoch seconds."""

    path: Path

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, MovieLens's ones translated to ours."""
        return tuple(STANDARD_NAMES.get(name, name) for name in self._frame.collect_schema().names())

    def __iter__(self) -> Iterator[pl.DataFrame]:
        frame = self._frame.collect()
        for start in range(0, frame.height, _BATCH_ROWS):
            batch = frame.slice(start, _BATCH_ROWS)
            texts = batch.select(_as_text(column) for column in batch).rename(STANDARD_NAMES, strict=False)
            line = batch.select(pl.struct(pl.all()).struct.json_encode().alias("line"))["line"]
            yield texts.with_columns(
                pl.int_range(start + 1, start + 1 + batch.height, dtype=pl.Int64).alias("row"),
                line,
                reason=pl.lit(None, pl.String),
            )

    @cached_property
    def _frame(self) -> pl.LazyFrame:
        try:
            frame = pl.scan_parquet(self.path)
            frame.collect_schema()
        except pl.exceptions.PolarsError as error:
            raise BadData(f"{self.path} is not a Parquet file.", "Write it again, or name another file.") from error
        return frame


Table = TextTable | ParquetTable


def open_table(path: Path) -> Table:
    """The table in a `.csv` or `.parquet` file.

    Raises:
        BadData: the file's name ends in something else.
    """
    if path.suffix.lower() == ".csv":
        return TextTable(path)
    if path.suffix.lower() in {".parquet", ".pq"}:
        return ParquetTable(path)
    raise BadData(f"{path} is neither CSV nor Parquet.", "Give a file whose name ends in .csv or .parquet.")


def require_columns(table: Table, required: set[str], optional: frozenset[str] = frozenset()) -> None:
    """Refuse a table that lacks a column, or has one that nobody knows what to do with.

    Raises:
        BadData: names what was found and what is expected.
    """
    found = set(table.columns)
    if required <= found <= required | optional and len(found) == len(table.columns):
        return
    expected = ", ".join(sorted(required)) + (f" (and perhaps {', '.join(sorted(optional))})" if optional else "")
    raise BadData(
        f"{table.path} has the columns {', '.join(table.columns) or '(none)'}; expected are {expected}.",
        "Rename or remove columns so that they match.",
    )


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of the file that end at line ends; the byte order mark and the last newline are left out."""
    rest = file.read(_BATCH_BYTES).removeprefix(_BYTE_ORDER_MARK)
    while more := file.read(_BATCH_BYTES):
        whole, newline, begun = rest.rpartition(b"\n")
        if newline:
            yield whole
        rest = begun + more
    if rest:
        yield rest.removesuffix(b"\n")


def _decoded(block: bytes, encoding: str, n_before: int) -> pl.DataFrame:
    """Lines of a block: `row, line, reason`; a line that the encoding cannot mean is kept with escapes."""
    reasons: list[str | None] | None = None
    try:
        lines = block.decode(encoding).split("\n")
    except UnicodeDecodeError:
        pieces = block.split(b"\n")
        lines = [piece.decode(encoding, "backslashreplace") for piece in pieces]
        reasons = [None if _decodes(piece, encoding) else QuarantineReason.WRONG_ENCODING for piece in pieces]
    return pl.DataFrame(
        {
            "row": pl.Series(range(n_before + 1, n_before + 1 + len(lines)), dtype=pl.Int64),
            "line": pl.Series(lines, dtype=pl.String).str.strip_suffix("\r"),
            "reason": pl.Series(reasons or [None] * len(lines), dtype=pl.String),
        }
    )


def _decodes(piece: bytes, encoding: str) -> bool:
    try:
        piece.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _csv_fields(line: str) -> list[str | None]:
    try:
        return list(next(csv.reader([line], strict=True)))
    except csv.Error:
        return []


def _as_text(column: pl.Series) -> pl.Expr:
    value = pl.col(column.name)
    if isinstance(column.dtype, pl.Datetime | pl.Date):
        return (value.cast(pl.Datetime("us")).dt.epoch("us") / 1e6).cast(pl.String)
    if isinstance(column.dtype, pl.List):
        return value.cast(pl.List(pl.String)).list.join("|")
    return value.cast(pl.String)
