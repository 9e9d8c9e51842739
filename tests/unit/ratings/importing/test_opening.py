"""Files as people have them: whatever a name says, a file is read as what it is, or refused in one line."""

import errno
import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matinee.errors import BadData
from matinee.ratings.importing.columns import movies_vocabulary, ratings_vocabulary
from matinee.ratings.importing.encodings import detect
from matinee.ratings.importing.opening import open_table
from matinee.ratings.importing.schema import RATINGS, validate
from matinee.ratings.scale import ANY_POSITIVE
from matinee.ratings.sources import movielens

FIELDS = ("user_id", "movie_id", "rating", "rated_at")
TEXT = "user_id,movie_id,rating,rated_at\nann,m1,5,2026-01-05T20:15:00Z\nben,m2,4,1767902400\n"
RIGHT = [("ann", "m1", "5", "2026-01-05T20:15:00Z"), ("ben", "m2", "4", "1767902400")]


def rows_of(path, vocabulary=None):
    return pl.concat(open_table(path, vocabulary or ratings_vocabulary())).select(FIELDS).rows()


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r\n").encode("utf-16"),
        TEXT.replace("\n", "\r").encode("utf-16"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", "|").encode(),
        TEXT.replace(",", "::").encode(),
        ("\n\n" + TEXT).encode(),
        TEXT.partition("\n")[2].encode(),
        TEXT.partition("\n")[2].replace(",", "::").encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(TEXT.encode("utf-16")),
    ],
    ids=range(19),
)
@pytest.mark.parametrize("name", ["r.csv", "r.tsv", "r", "ratings.txt.gz"])
def test_a_file_of_ratings_is_read_as_what_it_is_whatever_its_name_says(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    assert rows_of(tmp_path / name) == RIGHT


def test_a_parquet_file_named_csv_is_read(tmp_path):
    pl.DataFrame(RIGHT, schema=FIELDS, orient="row").write_parquet(tmp_path / "r.csv")
    assert rows_of(tmp_path / "r.csv") == RIGHT


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("user_id:token\titem_id:token\trating:float\ttimestamp:float", "\t"),
        ("userId,movieId,rating,timestamp", ","),
        ("User ID; Item; Score; Date", ";"),
        ('"user","film_id","stars","datetime"', ","),
        ("사용자,영화,평점,시간", ","),
    ],
)
def test_common_names_of_columns_are_understood(tmp_path, header, separator):
    (tmp_path / "r").write_text(f"{header}\n{separator.join(RIGHT[0])}\n")
    assert rows_of(tmp_path / "r") == RIGHT[:1]


def test_of_two_columns_that_could_be_meant_the_likelier_is_taken_and_a_name_that_was_said_goes_first(tmp_path):
    (tmp_path / "r.csv").write_text("user,user_id,movie_id,rating,date,when\nname,ann,m1,5,1,2026-01-05T20:15:00Z\n")
    vocabulary = ratings_vocabulary({"rated_at": "when"})
    assert rows_of(tmp_path / "r.csv", vocabulary) == RIGHT[:1]


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("1,기생충\n2,올드보이\n3,살인의 추억\n", "cp949", "cp949"),
        ("1,Misérables, Les\n2,Cité des enfants perdus\n", "latin-1", "cp1252"),
        ("1,千と千尋の神隠し\n2,もののけ姫\n", "cp932", "cp932"),
        ("1,기생충\n", "utf-8", "utf-8"),
    ],
)
def test_an_older_encoding_is_found_and_named_with_its_confidence(tmp_path, text, encoding, said):
    found = detect([b"id,title\n", text.encode(encoding)])
    assert (found.name, found.confidence > 0.9) == (said, True)
    (tmp_path / "m.csv").write_bytes(b"movie_id,title\n" + text.replace(", ", " ").encode(encoding))
    titles = pl.concat(open_table(tmp_path / "m.csv", movies_vocabulary()))["title"].to_list()
    assert titles == [line.partition(",")[2].replace(", ", " ") for line in text.splitlines()]


def test_korean_titles_far_behind_the_beginning_of_a_file_are_found_too(tmp_path):
    ascii_rows = "".join(f"{i},Title {i}\n" for i in range(20_000))
    (tmp_path / "m.csv").write_bytes(f"movie_id,title\n{ascii_rows}x,기생충\n".encode("cp949"))
    table = open_table(tmp_path / "m.csv", movies_vocabulary())
    assert table.found_encoding.name == "cp949"
    assert pl.concat(table)["title"][-1] == "기생충"


def test_a_folder_as_spark_writes_it_is_one_table(tmp_path):
    for name in ("_SUCCESS", ".part-00000.csv.crc", "._SUCCESS.crc"):
        (tmp_path / name).write_bytes(b"\x00\x01crc")
    (tmp_path / "part-00000.csv").write_text(TEXT)
    (tmp_path / "part-00001.csv").write_text("")
    (tmp_path / "part-00002.csv.gz").write_bytes(gzip.compress(TEXT.replace("ann", "eve").encode()))
    table = pl.concat(open_table(tmp_path, ratings_vocabulary()))
    assert table["user_id"].to_list() == ["ann", "ben", "eve", "ben"]
    assert table["row"].is_unique().all()
    files = movielens.find(tmp_path)
    assert validate(files.ratings, files.scale).ratings.height == 3
    assert [path.name for path in files.paths] == ["part-00000.csv", "part-00002.csv.gz"]


def test_a_folder_of_parts_of_different_tables_is_refused(tmp_path):
    (tmp_path / "part-0").write_text(TEXT)
    (tmp_path / "part-1").write_text("user_id,movie_id,seen\nu,m,1\n")
    with pytest.raises(BadData, match="part-1 has other columns"):
        rows_of(tmp_path)


def test_recboles_atomic_files_of_any_data_set_are_ratings_and_movies(tmp_path):
    (tmp_path / "own.inter").write_text("user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t7\t4\t1e9\n")
    (tmp_path / "own.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n7\tHeat\t1995\tCrime Drama\n"
    )
    files = movielens.find(tmp_path)
    rated = validate(files.ratings, files.scale).ratings
    assert movielens.read_movies(files, rated)[0].rows() == [("7", "Heat", 1995, ["Crime", "Drama"])]


def test_ids_that_are_floats_in_parquet_are_whole_and_those_that_were_rounded_are_refused(tmp_path):
    path = tmp_path / "r.parquet"
    time = datetime(1997, 12, 4, 15, 55, 49, 250_000, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "userId": [1.0, 7e17, float("nan"), 2.5, 2.0**53],
            "movie_id": [7] * 5,
            "rating": [3.5] * 5,
            "rated_at": [time] * 5,
        },
    )
    frame.with_columns(__index_level_0__=pl.int_range(5)).write_parquet(path)
    rows = pl.concat(open_table(path, ratings_vocabulary()))
    assert rows["row"].to_list() == [1, 2, 3, 4, 5]
    assert float(rows["rated_at"][0]) == 881250949.25
    assert '"userId":1' in rows["line"][0]
    validated = validate([rows], ANY_POSITIVE)
    assert validated.ratings.select("user_id", "movie_id").rows() == [("1", "7"), ("2.5", "7")]
    assert validated.quarantined["reason"].to_list() == ["id_was_rounded", "empty_id", "id_was_rounded"]


def test_ids_that_are_floats_of_32_bits_are_refused_where_these_are_not_exact(tmp_path):
    path, users = tmp_path / "r.parquet", pl.Series([2.0**24 - 1, 2.0**24 + 2], dtype=pl.Float32)
    pl.DataFrame({"user_id": users, "movie_id": ["m"] * 2, "rating": [4] * 2, "rated_at": [1] * 2}).write_parquet(path)
    assert [row[0] for row in rows_of(path)] == ["16777215", "7e+17"]


@pytest.mark.parametrize(
    "ids", [[{"a": 1}], [["x"]], [date(2020, 1, 1)], [True], [datetime(2020, 1, 1, tzinfo=UTC)]], ids=str
)
def test_a_column_of_a_type_that_is_no_id_is_refused(tmp_path, ids):
    path = tmp_path / "r.parquet"
    pl.DataFrame({"user_id": ids, "movie_id": ["m"], "rating": [4], "rated_at": [1]}).write_parquet(path)
    with pytest.raises(BadData, match=r"has user_id \(user_id\) of type"):
        rows_of(path)


def test_ids_that_spark_wrote_as_bytes_are_text_where_they_are_utf8(tmp_path):
    path = tmp_path / "r.parquet"
    users = [b"ann", "영".encode(), b"\xff\xfe"]
    pl.DataFrame({"user_id": users, "movie_id": ["m"] * 3, "rating": [4] * 3, "rated_at": [1] * 3}).write_parquet(path)
    assert [row[0] for row in rows_of(path)] == ["ann", "영", None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\r\n", "is empty"),
        (b"a" * 140_000, "first line of more than"),
        (b"PK\x03\x04rest", "a ZIP archive or an Excel file"),
        (b"PAR1nothing", "is not a Parquet file"),
        (b"user_id,movie_id\n\x00\x01\x02\x00\xff", "is not a text file, but binary"),
        (gzip.compress(TEXT.encode())[:-9], "damaged gzip"),
        (gzip.compress(gzip.compress(TEXT.encode())), "holds another packed file"),
        (b"user;movie;mood\n1;2;3\n", "has the columns user, movie, mood; none is understood as rated_at\\."),
    ],
    ids=range(9),
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, content, said):
    path = tmp_path / "r.csv"
    path.write_bytes(content)
    with pytest.raises(BadData, match=said):
        pl.concat(movielens.find(path).ratings)


@pytest.mark.parametrize("panic", [pl.exceptions.PanicException, pl.exceptions.ComputeError, OSError])
@pytest.mark.parametrize("step", ["collect_schema", "collect"])
def test_a_parquet_file_over_which_polars_panics_is_said_to_be_damaged(tmp_path, monkeypatch, panic, step):
    path = tmp_path / "r.parquet"
    pl.DataFrame(RIGHT, schema=FIELDS, orient="row").write_parquet(path)

    def broken(frame):
        raise panic(f"called `Option::unwrap()` on a `None` value of {type(frame)}")

    monkeypatch.setattr(pl.LazyFrame, step, broken)
    with pytest.raises(BadData, match="Parquet file"):
        rows_of(path)


def test_what_is_no_regular_file_or_may_not_be_read_is_said_in_one_line(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadData, match="is no file that can be read more than once"):
        rows_of(tmp_path / "pipe")
    (tmp_path / "r.csv").write_text(TEXT)

    def forbidden(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", f"{path} {mode}")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(BadData, match="cannot be read: Permission denied"):
        rows_of(tmp_path / "r.csv")


HEADERS = [
    b"user_id,movie_id,rating,rated_at\n",
    b"",
    b"PAR1",
    b"\x1f\x8b\x08",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
]
PIECES = st.sampled_from(
    [
        b"u,m,4,1000000000\n",
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
        "영".encode("cp949"),
        "é".encode(),
        b"7e+17",
        b"::",
    ]
)


@pytest.mark.slow
@given(st.sampled_from(HEADERS), st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=20).map(b"".join))
@example(b"user_id,movie_id,rating,rated_at\n", b'"' * 3 + b"\n")
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused_and_never_break_anything(tmp_path_factory, header, rest):
    path = tmp_path_factory.mktemp("any") / "r.csv"
    path.write_bytes(header + rest)
    said = []
    for vocabulary in (ratings_vocabulary(), movies_vocabulary()):
        try:
            raw = list(open_table(path, vocabulary))
            if raw and set(FIELDS) <= set(raw[0].columns):
                assert validate(raw, ANY_POSITIVE).ratings.schema == RATINGS
        except BadData as error:
            said.append(str(error))
    assert not any("\n" in each for each in said)
