from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import BadData
from matinee.ratings.importing import tables
from matinee.ratings.importing.tables import ParquetTable, TextTable, open_table, require_columns


def rows_of(table):
    return pl.concat(table)


def test_the_first_line_names_the_columns_and_movielens_names_are_translated(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"\xef\xbb\xbfuserId, movieId,rating,timestamp\r\n1,2,3,4\r\n")
    table = TextTable(path)
    assert table.columns == ("user_id", "movie_id", "rating", "rated_at")
    assert rows_of(table).select("row", "line", *table.columns).rows() == [(2, "1,2,3,4", "1", "2", "3", "4")]


def test_empty_lines_are_no_rows_and_keep_the_count_of_lines(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("a,b\n1,2\n\n\n3,4")
    assert rows_of(TextTable(path))["row"].to_list() == [2, 5]


def test_a_row_with_too_few_or_too_many_fields_is_marked(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text('a,b\n1\n1,2,3\n"1","2","3"\n"broken\n1,2\n')
    reasons = dict(rows_of(TextTable(path)).select("row", "reason").rows())
    wrong = "wrong_number_of_fields"
    assert reasons == {2: wrong, 3: wrong, 4: wrong, 5: wrong, 6: None}


def test_quotes_protect_commas_in_csv_and_mean_nothing_elsewhere(tmp_path):
    path = tmp_path / "movies"
    path.write_text('7,"American President, The ""1995"""\n')
    quoted = TextTable(path, given_columns=("movie_id", "title"), has_header=False)
    assert rows_of(quoted)["title"].to_list() == ['American President, The "1995"']
    path.write_text('7::"Great" Escape\n')
    plain = TextTable(path, "::", given_columns=("movie_id", "title"), has_header=False)
    assert rows_of(plain)["title"].to_list() == ['"Great" Escape']


def test_a_line_in_another_encoding_is_marked_and_the_others_are_read(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes("a,b\n영화,1\n".encode() + "영화,2\n".encode("cp949") + b"x,3\n")
    rows = rows_of(TextTable(path))
    assert rows["reason"].to_list() == [None, "wrong_encoding", None]
    assert rows["a"].to_list()[::2] == ["영화", "x"]
    assert rows["line"][1].startswith("\\xbf\\xb5")


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8")), max_size=30), st.integers(1, 40))
def test_reading_in_blocks_gives_the_same_lines_as_reading_at_once(tmp_path_factory, lines, block_bytes):
    path = tmp_path_factory.mktemp("blocks") / "lines"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tables, "_BATCH_BYTES", block_bytes)
        batches = [b["line"].to_list() for b in TextTable(path, "\x00", given_columns=("all",), has_header=False)]
    assert [line for batch in batches for line in batch] == [line for line in path.read_text().split("\n") if line]


def test_a_parquet_file_is_read_as_strings_whatever_its_types(tmp_path):
    path = tmp_path / "r.parquet"
    time = datetime(1997, 12, 4, 15, 55, 49, 250_000, tzinfo=UTC)
    pl.DataFrame({"userId": [1], "movie_id": ["2"], "rating": [3.5], "rated_at": [time]}).write_parquet(path)
    row = rows_of(open_table(path)).row(0, named=True)
    assert (row["user_id"], row["movie_id"], row["rating"]) == ("1", "2", "3.5")
    assert float(row["rated_at"]) == 881250949.25
    assert row["row"] == 1
    assert '"userId":1' in row["line"]


def test_what_is_no_parquet_file_or_no_table_is_refused(tmp_path):
    path = tmp_path / "r.parquet"
    path.write_text("user_id")
    with pytest.raises(BadData, match="is not a Parquet file"):
        _ = ParquetTable(path).columns
    with pytest.raises(BadData, match="neither CSV nor Parquet"):
        open_table(tmp_path / "r.xlsx")


@pytest.mark.parametrize(
    "header", ["user;movie;rating;time", "user_id,movie_id,rating", "user_id,movie_id,rating,rated_at,mood"]
)
def test_unknown_or_missing_columns_are_refused_with_found_and_expected(tmp_path, header):
    path = tmp_path / "r.csv"
    path.write_text(f"{header}\n")
    with pytest.raises(BadData) as refusal:
        require_columns(TextTable(path), {"user_id", "movie_id", "rating", "rated_at"})
    assert header.replace(",", ", ") in str(refusal.value)
    assert "expected are movie_id, rated_at, rating, user_id" in str(refusal.value)
