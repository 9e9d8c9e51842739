import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ratings.importing import contents
from matinee.ratings.importing.columns import ratings_vocabulary
from matinee.ratings.importing.tables import TextTable


def rows_of(table):
    return pl.concat(table)


def test_the_first_line_names_the_columns_and_movielens_names_are_translated(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"\xef\xbb\xbfuserId, movieId,rating,timestamp\r\n1,2,3,4\r\n")
    table = TextTable(path, vocabulary=ratings_vocabulary())
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


@given(
    st.lists(st.text(st.characters(exclude_characters="\0\n\r\ufeff", codec="utf-8")), max_size=30), st.integers(1, 40)
)
def test_reading_in_blocks_gives_the_same_lines_as_reading_at_once(tmp_path_factory, lines, block_bytes):
    path = tmp_path_factory.mktemp("blocks") / "lines"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contents, "BLOCK_BYTES", block_bytes)
        batches = [b["line"].to_list() for b in TextTable(path, "\x00", given_columns=("all",), has_header=False)]
    assert [line for batch in batches for line in batch] == [line for line in path.read_text().split("\n") if line]


def test_a_quoted_line_break_is_part_of_its_title_and_an_open_quote_costs_its_own_line_alone(tmp_path):
    path = tmp_path / "m.csv"
    path.write_bytes(b'movie_id,title\nm1,"Two\nlines"\nm2,"crlf\r\nline"\nm3,"open\nm4,Plain\nm5,"a, b"\nm6,"x\ny"\n')
    rows = rows_of(TextTable(path)).select("row", "movie_id", "title", "reason").rows()
    assert rows == [
        (2, "m1", "Two\nlines", None),
        (4, "m2", "crlf\nline", None),
        (6, None, None, "wrong_number_of_fields"),
        (7, "m4", "Plain", None),
        (8, "m5", "a, b", None),
        (9, "m6", "x\ny", None),
    ]


@given(st.lists(st.sampled_from(["a", 'b"', "\n", ",", "영"]), max_size=12).map("".join), st.integers(3, 30))
def test_a_quoted_field_survives_wherever_a_block_ends(tmp_path_factory, text, block_bytes):
    path = tmp_path_factory.mktemp("blocks") / "m.csv"
    quoted = text.replace('"', '""')
    path.write_bytes(f'id,title\n1,"{quoted}"\n2,"{quoted}"\n3,end\n'.encode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(contents, "BLOCK_BYTES", block_bytes)
        rows = rows_of(TextTable(path))
    assert rows["title"].to_list() == [text, text, "end"]


def test_a_column_that_nobody_asks_for_is_not_read(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text('user_id,movie_id,mood,rating,rated_at\nu,m,"glad, or so",4,5\nv,m,,3,5\n')
    table = TextTable(path, vocabulary=ratings_vocabulary())
    assert table.columns == ("user_id", "movie_id", "rating", "rated_at")
    assert rows_of(table).columns == ["row", "line", "reason", *table.columns]
    assert rows_of(table)["rating"].to_list() == ["4", "3"]
