"""Parquet and JSON, written through a `Storage`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matinee.storage.interface import Storage

if TYPE_CHECKING:
    import polars as pl


def write_parquet(storage: Storage, name: str, frame: "pl.DataFrame") -> str:
    """Replace the file `name` by `frame`; returns its SHA-256, and raises what `Storage.write` raises."""
    with storage.write(name) as draft:
        parquet_into(draft.path, frame)
        return draft.sha256()


def write_json(storage: Storage, name: str, value: Any) -> None:  # noqa: ANN401  whatever json can write
    """Replace the file `name` by `value` as readable JSON; raises what `Storage.write` raises."""
    with storage.write(name) as draft:
        json_into(draft.path, value)


def json_into(draft: Path, value: Any) -> None:  # noqa: ANN401  whatever json can write
    """Write `value` to the file of a draft, as readable JSON."""
    draft.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def parquet_into(draft: Path, frame: "pl.DataFrame") -> None:
    """Write `frame` to the file of a draft.

    Raises:
        OSError: the disk refuses it; Polars hides some of these behind an error of its own.
    """
    from polars.exceptions import PolarsError  # noqa: PLC0415  who has a frame has imported it

    try:
        frame.write_parquet(draft)
    except PolarsError as error:
        raise OSError(str(error)) from error
