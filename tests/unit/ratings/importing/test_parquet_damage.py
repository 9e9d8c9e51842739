"""Parquet over which Polars does not raise, but ends the process."""

import polars as pl
import pytest

from matinee.errors import BadData
from matinee.ratings.importing import parquet
from matinee.ratings.importing.parquet import ParquetTable


@pytest.fixture
def path(tmp_path):
    pl.DataFrame({"user_id": ["a"], "movie_id": ["m"]}).write_parquet(tmp_path / "r.parquet")
    return tmp_path / "r.parquet"


def test_a_file_that_ends_whatever_process_reads_it_is_refused_in_one_line(path, monkeypatch):
    monkeypatch.setattr(parquet, "READ", "import os; os.abort()")
    with pytest.raises(BadData, match="reading it ends the process") as refusal:
        next(iter(ParquetTable(path)))
    assert "\n" not in str(refusal.value)


def test_a_sound_file_is_read(path):
    assert next(iter(ParquetTable(path)))["user_id"].to_list() == ["a"]


def test_what_the_child_only_raises_is_told_by_whoever_reads_it(path):
    path.write_bytes(path.read_bytes()[:40] + b"PAR1")
    with pytest.raises(BadData, match="Parquet file"):
        next(iter(ParquetTable(path)))
