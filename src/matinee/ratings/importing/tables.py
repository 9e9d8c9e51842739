"""Text files as tables of strings, read row by row, so that a broken row is one broken row and not a broken file."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from matinee.errors import BadData
from matinee.ratings.importing.columns import Vocabulary
from matinee.ratings.importing.contents import Kind, head
from matinee.ratings.importing.encodings import UTF8, Encoding, byte_order_mark, detect, wide_encoding
from matinee.ratings.importing.lines import blocks_of, fields_of, joined, lines_of
from matinee.ratings.importing.schema import QuarantineReason

QUOTING = (",", ";")
"""Separators whose files are CSV (RFC 4180): quotes protect separators and line ends."""

_FORMS = {",": "CSV", ";": "CSV with ;", "\t": "TSV", "|": "text with |", "::": "text with ::"}

LONGEST_HEADER = 20_000
"""More characters in the first line are no names of columns, but a file without line ends."""


@dataclass(frozen=True)
class TextTable:
    """A text file of one row a line. Iterating gives batches: `row, line, reason`, and each of `columns`, as strings.

    `row` is the line's number, from 1; empty lines are no rows. What is not given is found by looking at the file.
    """

    path: Path
    separator: str = ","
    encoding: str = ""
    given_columns: tuple[str, ...] = ()
    has_header: bool = True
    vocabulary: Vocabulary | None = None
    """What its columns are called here; without it, each keeps its name."""

    kind: Kind = Kind.TEXT
    newline: bytes = b"\n"

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Names of all columns, as the file has them."""
        if self.given_columns:
            return self.given_columns
        first = first_record(self._beginning, self.separator)
        return tuple(name.strip() for name in _split(first, self.separator))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are read: ours where the file's mean the same."""
        return tuple(name for name in self._names if name is not None)

    @cached_property
    def found_encoding(self) -> Encoding:
        """The encoding of the whole file, which is looked through for it."""
        if self.encoding:
            return Encoding(self.encoding)
        first = head(self.path, self.kind)
        if wide := wide_encoding(first):
            return wide
        if byte_order_mark(first):
            return Encoding(UTF8)
        return detect(blocks_of(self.path, self.kind, Encoding(UTF8), self.newline))

    @cached_property
    def meant(self) -> dict[str, str]:
        """The file's name of each column that is read, by ours."""
        return {ours: theirs for ours, theirs in zip(self._names, self.header, strict=True) if ours is not None}

    @property
    def form(self) -> str:
        """How it is written, in words."""
        packed = "gzip of " if self.kind is Kind.GZIP else ""
        return f"{packed}{_FORMS[self.separator]}{'' if self.has_header else ' without a header'}"

    def __iter__(self) -> Iterator[pl.DataFrame]:
        blocks = blocks_of(self.path, self.kind, self.found_encoding, self.newline)
        lines = lines_of(blocks, UTF8 if self.found_encoding.is_wide else self.found_encoding.name, self.newline)
        records = joined(lines, self._is_record) if self.separator in QUOTING else lines
        names = self.has_header
        for batch in records:
            rows = batch.filter(pl.col("line") != "")
            if names and not rows.is_empty():
                rows, names = rows[1:], False
            yield self._fields(rows)

    @cached_property
    def _beginning(self) -> str:
        return decoded_head(self.path, self.kind, self.encoding)

    @cached_property
    def _names(self) -> tuple[str | None, ...]:
        return self.vocabulary.understood(self.header) if self.vocabulary else self.header

    def _is_record(self, line: str) -> bool:
        return len(fields_of(line, self.separator)) == len(self.header)

    def _fields(self, lines: pl.DataFrame) -> pl.DataFrame:
        quoted = lines["line"].str.contains('"', literal=True) & (self.separator in (*QUOTING, "\t"))
        if not quoted.any():
            return self._plain(lines)
        return pl.concat([self._plain(lines.filter(~quoted)), self._quoted(lines.filter(quoted))]).sort("row")

    def _plain(self, lines: pl.DataFrame) -> pl.DataFrame:
        width = len(self.header)
        parts = lines["line"].str.split_exact(self.separator, width).struct.unnest()
        complete = parts[:, width - 1].is_not_null() & parts[:, width].is_null()
        kept = {name: parts[:, place] for place, name in enumerate(self._names) if name is not None}
        return _with_reason(lines, pl.DataFrame(kept), complete)

    def _quoted(self, lines: pl.DataFrame) -> pl.DataFrame:
        width = len(self.header)
        rows = [self._quoted_fields(line) for line in lines["line"]]
        complete = pl.Series([len(fields) == width for fields in rows], dtype=pl.Boolean)
        kept = {
            name: pl.Series([fields[place] if len(fields) == width else None for fields in rows], dtype=pl.String)
            for place, name in enumerate(self._names)
            if name is not None
        }
        return _with_reason(lines, pl.DataFrame(kept), complete)

    def _quoted_fields(self, line: str) -> list[str]:
        """Fields of a line with a quote; in a file with tabs, quotes that make no whole record are letters."""
        fields = fields_of(line, self.separator)
        if self.separator in QUOTING or len(fields) == len(self.header):
            return fields
        return line.split(self.separator)


def decoded_head(path: Path, kind: Kind, encoding: str = "") -> str:
    """The beginning of a text file, with one kind of line ends.

    Raises:
        BadData: it is no text.
    """
    first = head(path, kind)
    wide = wide_encoding(first)
    marked = byte_order_mark(first)
    plain = first.removeprefix(marked[0]) if marked else first
    if wide is None and b"\x00" in plain:
        raise BadData(f"{path} is not a text file, but binary.", "Save it as CSV, TSV or Parquet.")
    name = encoding or (wide or detect([plain])).name
    return plain.decode(name, "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")


def first_record(beginning: str, separator: str) -> str:
    """The first record that is not empty; a quoted line break in it is part of it."""
    lines = beginning.lstrip("\n").split("\n")
    record = lines[0]
    if separator in QUOTING and record.count('"') % 2:
        for n_lines in range(2, min(len(lines), 20)):
            longer = "\n".join(lines[:n_lines])
            if fields_of(longer, separator):
                return longer
    return record


def _split(line: str, separator: str) -> list[str]:
    fields = fields_of(line, separator) if separator in QUOTING else []
    return fields or line.split(separator)


def _with_reason(lines: pl.DataFrame, parts: pl.DataFrame, complete: pl.Series) -> pl.DataFrame:
    reason = pl.coalesce("reason", pl.when(~complete).then(pl.lit(QuarantineReason.WRONG_FIELD_COUNT)))
    return pl.concat([lines.with_columns(reason=reason), parts], how="horizontal")
