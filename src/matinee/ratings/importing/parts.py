"""Several files as one table: the part files that Spark writes into a folder, or files that were named together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from matinee.errors import BadData, UsageError
from matinee.ratings.importing.encodings import Encoding
from matinee.ratings.importing.parquet import ParquetTable
from matinee.ratings.importing.tables import TextTable


@dataclass(frozen=True)
class PartsTable:
    """Tables one after another; `row` counts on from part to part, in the order of their names."""

    path: Path
    parts: tuple[TextTable | ParquetTable, ...]

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Names of all columns of the first part; the others have to have those that are read too."""
        return self.parts[0].header

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are read."""
        return self.parts[0].columns

    @property
    def meant(self) -> dict[str, str]:
        """The first part's name of each column that is read, by ours."""
        return self.parts[0].meant

    @property
    def form(self) -> str:
        """How it is written, in words."""
        return f"{len(self.parts)} files of {self.parts[0].form}"

    @property
    def found_encoding(self) -> Encoding | None:
        """The encoding that is the least sure of those of the parts; None where they have none."""
        found = [part.found_encoding for part in self.parts]
        return min((each for each in found if each), key=lambda each: each.confidence, default=None)

    def __iter__(self) -> Iterator[pl.DataFrame]:
        n_before = 0
        for part in self.parts:
            if set(part.columns) != set(self.columns):
                raise BadData(
                    f"{part.path} has other columns than {self.parts[0].path}: {', '.join(part.header)[:200]}.",
                    "Give parts of one table, or write the column names into each.",
                )
            last = 0
            for batch in part:
                last = batch["row"][-1] if batch.height else last
                yield batch.select("row", "line", "reason", *self.columns).with_columns(pl.col("row") + n_before)
            n_before += last


def part_files(folder: Path) -> list[Path]:
    """The files of a folder that hold rows, by name: not `_SUCCESS`, `.part-0.crc` and the like, nor empty ones.

    Raises:
        UsageError: the folder has none, or folders in it.
    """
    found = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    folders = [path for path in found if path.is_dir()]
    if folders:
        raise UsageError(f"{folder} has folders in it, such as {folders[0].name}.", "Name the one with the files.")
    holding = [path for path in found if path.suffix != ".crc" and path.stat().st_size]
    if not holding:
        raise UsageError(f"{folder} has no file with rows.", "Name a file, or a folder of part files.")
    return holding


def paths_of(table: TextTable | ParquetTable | PartsTable) -> Sequence[Path]:
    """The files that a table is read from."""
    return [part.path for part in table.parts] if isinstance(table, PartsTable) else [table.path]
