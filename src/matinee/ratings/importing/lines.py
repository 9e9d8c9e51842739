"""A text file as lines: unpacked, decoded, numbered; a quoted line break is part of its record."""

import codecs
import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from matinee.ratings.importing import contents
from matinee.ratings.importing.contents import Kind, unpacked
from matinee.ratings.importing.encodings import UTF8, Encoding, byte_order_mark, decodes
from matinee.ratings.importing.schema import QuarantineReason

LONGEST_RECORD = 200
"""Most lines that a record may have; a quote that is not closed by then was never meant as one."""


def blocks_of(path: Path, kind: Kind, encoding: Encoding, newline: bytes = b"\n") -> Iterator[bytes]:
    """Pieces of a file that end at line ends; the byte order mark and the last line end are left out.

    Wide encodings come as UTF-8, whose line ends can be found.
    """
    with unpacked(path, kind) as file:
        pieces = _narrow(file, encoding) if encoding.is_wide else _pieces(file)
        rest = b""
        for piece in pieces:
            whole, end, begun = (rest + piece).rpartition(newline)
            if end:
                yield whole
            rest = begun
        if rest:
            yield rest


def lines_of(blocks: Iterator[bytes], encoding: str, newline: bytes = b"\n") -> Iterator[pl.DataFrame]:
    """Lines of each block: `row` (from 1), `line`, `reason`; what the encoding cannot mean is kept with escapes."""
    n_before = 0
    for block in blocks:
        lines = _decoded(block, encoding, n_before, newline)
        n_before += lines.height
        yield lines


def joined(batches: Iterator[pl.DataFrame], is_record: Callable[[str], bool]) -> Iterator[pl.DataFrame]:
    """Lines, with those joined that a quoted line break has parted (RFC 4180); such a record has its first line's row.

    An open quote is joined with the next odd one only if that makes a whole record, so that a stray quote costs its
    own line alone.
    """
    carried: pl.DataFrame | None = None
    for batch in batches:
        lines = batch if carried is None else pl.concat([carried, batch])
        done, carried = _join(lines, is_record, more=True)
        yield done
    if carried is not None:
        yield _join(carried, is_record, more=False)[0]


def _join(
    lines: pl.DataFrame, is_record: Callable[[str], bool], *, more: bool
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The joined lines, and those at the end that may need lines to come."""
    odd = (lines["line"].str.count_matches('"', literal=True) % 2 == 1).arg_true().to_list()
    texts, end = lines["line"], lines.height
    within: list[int] = []
    changed: dict[int, str] = {}
    while odd:
        start, *rest = odd
        if not rest:
            end = start if more and lines.height - start < LONGEST_RECORD else end
            break
        record = "\n".join(texts[start : rest[0] + 1]) if rest[0] - start < LONGEST_RECORD else ""
        odd = rest
        if record and is_record(record):
            changed[start] = record
            within += range(start + 1, rest[0] + 1)
            odd = rest[1:]
    kept = lines if not changed else lines.with_columns(texts.scatter(list(changed), list(changed.values())))
    done = kept[:end] if not within else kept[:end].with_row_index("_").filter(~pl.col("_").is_in(within)).drop("_")
    return done, lines[end:] if end < lines.height else None


def fields_of(line: str, separator: str = ",") -> list[str]:
    """The fields of one record; none where its quotes are wrong."""
    try:
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return []
    return rows[0] if len(rows) == 1 else []


def _pieces(file: contents.Readable) -> Iterator[bytes]:
    first = file.read(contents.BLOCK_BYTES)
    marked = byte_order_mark(first)
    yield first.removeprefix(marked[0]) if marked else first
    while piece := file.read(contents.BLOCK_BYTES):
        yield piece


def _narrow(file: contents.Readable, encoding: Encoding) -> Iterator[bytes]:
    """A wide text as UTF-8; what it cannot mean is kept with escapes."""
    decoder = codecs.getincrementaldecoder(encoding.name)("backslashreplace")
    for piece in _pieces(file):
        yield decoder.decode(piece).encode(UTF8)
    yield decoder.decode(b"", final=True).encode(UTF8)


def _decoded(block: bytes, encoding: str, n_before: int, newline: bytes) -> pl.DataFrame:
    reasons: list[str | None] | None = None
    try:
        lines = block.decode(encoding).split(newline.decode())
    except UnicodeDecodeError:
        pieces = block.split(newline)
        lines = [piece.decode(encoding, "backslashreplace") for piece in pieces]
        reasons = [None if decodes(piece, encoding) else QuarantineReason.WRONG_ENCODING for piece in pieces]
    return pl.DataFrame(
        {
            "row": pl.Series(range(n_before + 1, n_before + 1 + len(lines)), dtype=pl.Int64),
            "line": pl.Series(lines, dtype=pl.String).str.strip_suffix("\r"),
            "reason": pl.Series(reasons or [None] * len(lines), dtype=pl.String),
        }
    )
