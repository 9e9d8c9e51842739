"""Opens a file of rows whatever its name says: finds out what it is, its separator, and whether it has a header."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from matinee.errors import BadData
from matinee.ratings.importing.columns import Vocabulary
from matinee.ratings.importing.contents import Kind, head, kind_of
from matinee.ratings.importing.parquet import ParquetTable
from matinee.ratings.importing.parts import PartsTable, part_files
from matinee.ratings.importing.schema import instants
from matinee.ratings.importing.tables import (
    LONGEST_HEADER,
    QUOTING,
    TextTable,
    decoded_head,
    first_record,
)

Table = TextTable | ParquetTable | PartsTable

_SEPARATORS = (",", "\t", ";", "::", "|")
_OF_MOVIELENS = ("user_id", "movie_id", "rating", "rated_at")


def open_table(path: Path, vocabulary: Vocabulary) -> Table:
    """The table in a file, or in a folder of part files.

    Raises:
        BadData: the file is nothing that is read here, or has no line ends where its header should end.
        UsageError: a folder has no file with rows.
    """
    if path.is_dir():
        return open_tables(part_files(path), vocabulary, path)
    kind = kind_of(path)
    if kind is Kind.PARQUET or path.suffix.lower() in {".parquet", ".pq"}:
        return ParquetTable(path, vocabulary)
    return _text_table(path, kind, vocabulary)


def open_tables(paths: list[Path], vocabulary: Vocabulary, name: Path | None = None) -> Table:
    """The table that several files are together; a part without a header has the columns of the others."""
    tables = [open_table(path, vocabulary) for path in paths]
    if len(tables) == 1 and name is None:
        return tables[0]
    return PartsTable(name or paths[0], tuple(each for each in tables if not isinstance(each, PartsTable)))


def _text_table(path: Path, kind: Kind, vocabulary: Vocabulary) -> TextTable:
    beginning = decoded_head(path, kind)
    if not beginning.strip():
        raise BadData(f"{path} is empty.", "Name a file with rows.")
    first = beginning.lstrip("\n").partition("\n")[0]
    if len(first) > LONGEST_HEADER:
        raise BadData(
            f"{path} has a first line of more than {LONGEST_HEADER:,} characters, so it is no table of rows.",
            "Save it as CSV with a line for each row.",
        )
    separator = _separator(beginning, vocabulary)
    table = TextTable(path, separator, vocabulary=vocabulary, kind=kind, newline=_newline(path, kind))
    fields = first.split(separator)
    if _is_rating(fields, table):
        return replace(table, given_columns=_OF_MOVIELENS, has_header=False)
    return table


def _separator(beginning: str, vocabulary: Vocabulary) -> str:
    """The separator by which most columns of the first line are understood, and of these the one with most columns."""

    def fit(separator: str) -> tuple[int, int]:
        names = first_record(beginning, separator).split(separator)
        plain = [name.strip().strip('"') for name in names] if separator in QUOTING else names
        return sum(name is not None for name in vocabulary.understood(plain)), len(names)

    return max(_SEPARATORS, key=fit)


def _newline(path: Path, kind: Kind) -> bytes:
    r"""`\r` where the file has no other line end in its beginning, as old Macs and some spreadsheets write."""
    first = head(path, kind)
    return b"\r" if b"\r" in first and b"\n" not in first else b"\n"


def _is_rating(fields: list[str], table: TextTable) -> bool:
    """Whether a first line is a rating already, in MovieLens's order: user, movie, rating, and a time."""
    if len(fields) != len(_OF_MOVIELENS) or table.columns:
        return False
    rating, rated_at = (pl.Series([field.strip()]) for field in fields[2:])
    return rating.cast(pl.Float64, strict=False).is_not_null().all() and instants(rated_at).is_not_null().all()
