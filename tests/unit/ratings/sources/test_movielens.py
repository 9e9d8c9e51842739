import polars as pl
import pytest

from matinee.errors import BadData, UsageError
from matinee.ratings.sources import movielens
from matinee.ratings.sources.movielens import GENRES_OF_100K


def item_line(movie_id, title, *genres):
    flags = "|".join("1" if name in genres else "0" for name in GENRES_OF_100K)
    return f"{movie_id}|{title}|01-Jan-1995||http://example.org|{flags}\n"


@pytest.fixture
def grouplens(tmp_path):
    folder = tmp_path / "grouplens"
    folder.mkdir()
    (folder / "u.data").write_text(
        "1\t15\t4\t881250949\n1\t267\t3\t881250950\n2\t1412\t1\t881250951\n2\t543\t5\t881250952\n"
    )
    items = item_line(15, "Postino, Il (1994)", "Drama", "Romance")
    items += item_line(267, "unknown", "unknown")
    items += item_line(1412, "Land Before Time III (1995) (V)", "Animation", "Children's", "Sci-Fi", "Film-Noir")
    items += item_line(543, "Misérables, Les (1995)", "Drama", "Musical")
    (folder / "u.item").write_bytes(items.encode("latin-1"))
    return folder


@pytest.fixture
def recbole(tmp_path, grouplens):
    folder = tmp_path / "recbole"
    folder.mkdir()
    header = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    (folder / "ml-100k.inter").write_text(header + (grouplens / "u.data").read_text())
    (folder / "ml-100k.item").write_text(
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "15\tPostino, Il\t1994\tDrama Romance\n"
        "267\tunkonwn\tunkonwn\tunknown\n"
        "1412\tLand Before Time III (1995)\tV\tAnimation Children's Film-Noir Sci-Fi\n"
        "543\tMisérables, Les\t1995\tDrama Musical\n",
        encoding="utf-8",
    )
    return folder


def read(folder, movies=None):
    files = movielens.find(folder, movies)
    rated = pl.concat(files.ratings)
    movies, _, refused, _ = movielens.read_movies(files, rated)
    return rated.select("user_id", "movie_id", "rating", "rated_at"), movies, refused


def test_both_forms_of_ml_100k_are_the_same_ratings_and_movies(grouplens, recbole):
    for one, other in zip(read(grouplens), read(recbole), strict=True):
        assert one.equals(other)


def test_movies_of_ml_100k_have_title_year_and_genres(grouplens):
    _, movies, refused = read(grouplens)
    assert movies.rows() == [
        ("1412", "Land Before Time III", 1995, ["Animation", "Children's", "Film-Noir", "Sci-Fi"]),
        ("15", "Postino, Il", 1994, ["Drama", "Romance"]),
        ("267", "unknown", None, []),
        ("543", "Misérables, Les", 1995, ["Drama", "Musical"]),
    ]
    assert refused.is_empty()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_dat_files_are_read_in_the_encoding_they_have(tmp_path, encoding):
    (tmp_path / "ratings.dat").write_text("1::73::5::978300760\n")
    (tmp_path / "movies.dat").write_bytes("73::Misérables, Les (1995)::Drama|Musical\n".encode(encoding))
    ratings, movies, _ = read(tmp_path)
    assert ratings.row(0) == ("1", "73", "5", "978300760")
    assert movies.row(0) == ("73", "Misérables, Les", 1995, ["Drama", "Musical"])


def test_csv_files_are_read_with_their_header(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,11,4.0,964982703\n")
    (tmp_path / "movies.csv").write_text('movieId,title,genres\n11,"American President, The (1995)",Comedy|Romance\n')
    ratings, movies, _ = read(tmp_path)
    assert ratings.row(0) == ("1", "11", "4.0", "964982703")
    assert movies.row(0) == ("11", "American President, The", 1995, ["Comedy", "Romance"])


@pytest.mark.parametrize("ratings", ["u.data", "ratings.dat", "ratings.csv"])
def test_without_a_movies_file_the_title_is_the_id(tmp_path, ratings):
    separator = {"u.data": "\t", "ratings.dat": "::", "ratings.csv": ","}[ratings]
    rows = ["user_id,movie_id,rating,rated_at"] * (ratings == "ratings.csv") + [
        separator.join(["1", "11", "4", "964982703"])
    ]
    (tmp_path / ratings).write_text("\n".join(rows))
    assert read(tmp_path)[1].rows() == [("11", "11", None, [])]


def test_a_rated_movie_that_the_movies_file_lacks_has_its_id_as_title(tmp_path):
    ratings, movies = tmp_path / "r.csv", tmp_path / "m.csv"
    ratings.write_text("user_id,movie_id,rating,rated_at\nu,a,4,964982703\nu,b,4,964982704\n")
    movies.write_text("movie_id,title\nb,Heat (1995)\n")
    assert read(ratings, movies)[1].rows() == [("a", "a", None, []), ("b", "Heat", 1995, [])]


def test_broken_rows_of_a_movies_file_are_kept_with_their_reason(tmp_path):
    ratings, movies = tmp_path / "r.csv", tmp_path / "m.csv"
    ratings.write_text("user_id,movie_id,rating,rated_at\nu,a,4,964982703\n")
    movies.write_bytes(
        b"movie_id,title,genres\na,Ali\xc3\xabn,Horror\na,Aliens,Horror\n,Nameless,\n,Again,\nb\nc,\xff,\n"
    )
    _, known, refused = read(ratings, movies)
    assert known["title"].to_list() == ["Aliën"]
    reasons = ["duplicate", "empty_id", "empty_id", "wrong_number_of_fields", "wrong_encoding"]
    assert refused["reason"].to_list() == reasons
    assert refused["file"].unique().to_list() == ["m.csv"]


def test_a_parquet_movies_file_may_have_genres_as_a_list(tmp_path):
    ratings, movies = tmp_path / "r.csv", tmp_path / "m.parquet"
    ratings.write_text("user_id,movie_id,rating,rated_at\nu,1,4,964982703\n")
    pl.DataFrame({"movie_id": [1], "title": ["Heat (1995)"], "genres": [["Action", "Crime"]]}).write_parquet(movies)
    assert read(ratings, movies)[1].row(0) == ("1", "Heat", 1995, ["Action", "Crime"])


def test_a_movies_file_may_have_names_in_other_languages(tmp_path):
    ratings, movies = tmp_path / "r.csv", tmp_path / "m.csv"
    ratings.write_text("user_id,movie_id,rating,rated_at\nu,1,4,964982703\n")
    movies.write_text('movie_id,title,aliases\n1,"Godfather, The (1972)",대부|Der Pate\n2,Heat (1995),\n')
    rows = {row[0]: row[1:3] for row in read(ratings, movies)[1].rows()}
    assert rows == {"1": ("Godfather, The (대부) (Der Pate)", 1972), "2": ("Heat", 1995)}


def test_what_cannot_be_found_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"has no u.data, ratings.dat or ratings.csv, nor part files"):
        movielens.find(tmp_path)
    with pytest.raises(UsageError, match="no movies file"):
        movielens.find(tmp_path, tmp_path / "nowhere.csv")
    (tmp_path / "r.csv").write_text("user_id,movie_id,rating,rated_at\n")
    (tmp_path / "m.csv").write_text("id,mood\n")
    with pytest.raises(BadData, match=r"id, mood; none is understood as title. Say which"):
        movielens.find(tmp_path / "r.csv", tmp_path / "m.csv")
