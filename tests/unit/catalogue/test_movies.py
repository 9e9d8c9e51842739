import polars as pl
import pytest

from matinee.catalogue import MOVIES, canonical, completed


@pytest.mark.parametrize(
    ("text", "title", "year"),
    [
        ("Toy Story (1995)", "Toy Story", 1995),
        ("Postino, Il (1994)", "Postino, Il", 1994),
        ("Land Before Time III (1995) (V)", "Land Before Time III", 1995),
        ("Brother (Brat) (1997) ", "Brother (Brat)", 1997),
        ("2001 Nights (1990-1993)", "2001 Nights", 1990),
        ("unknown", "unknown", None),
        ("(500) Days", "(500) Days", None),
        ("(1999)", "(1999)", 1999),
        ("", "7", None),
    ],
)
def test_a_title_keeps_no_year(text, title, year):
    frame = canonical(pl.DataFrame({"movie_id": ["7"], "title": [text], "genres": [["Drama"]]}))
    assert frame.row(0) == ("7", title, year, ["Drama"])


def test_names_in_other_languages_follow_the_title_in_brackets():
    frame = pl.DataFrame(
        {
            "movie_id": ["1", "2", "3"],
            "title": ["Godfather, The (1972)", "Heat (1995)", "Alien"],
            "genres": [["Drama"]] * 3,
            "aliases": [["대부", " Der Pate "], [""], None],
        }
    )
    assert canonical(frame)["title"].to_list() == ["Godfather, The (대부) (Der Pate)", "Heat", "Alien"]
    assert canonical(frame)["year"].to_list() == [1972, 1995, None]


def test_no_genre_is_an_empty_list():
    genres = [["(no genres listed)"], ["unknown"], [""], ["Drama", "War"]]
    frame = canonical(pl.DataFrame({"movie_id": list("abcd"), "title": list("abcd"), "genres": genres}))
    assert frame["genres"].to_list() == [[], [], [], ["Drama", "War"]]


def test_genres_that_people_wrote_with_spaces_or_other_letters_are_one_genre_listed_once():
    genres = [["drama", "Drama ", "DRAMA"], ["Drama", "Drama"], [" Drama "], None, ["Ta\u0308nze", "T\u00e4nze"]]
    frame = canonical(pl.DataFrame({"movie_id": list("abcde"), "title": list("abcde"), "genres": genres}))
    assert frame["genres"].to_list() == [["Drama"], ["Drama"], ["Drama"], [], ["T\u00e4nze"]]


def test_a_title_is_one_line_in_one_unicode_form():
    frame = canonical(pl.DataFrame({"movie_id": ["1"], "title": ["Two\nline\u0301s (2001)"], "genres": [["Drama"]]}))
    assert frame.row(0)[1:3] == ("Two lin\u00e9s", 2001)


def test_a_rated_movie_of_which_nothing_is_known_has_its_id_as_title():
    heat = pl.DataFrame([("6", "Heat", 1995, ["Crime"])], MOVIES, orient="row")
    found = completed(heat, pl.Series(["7", "6", "7"]))
    assert found.rows() == [("6", "Heat", 1995, ["Crime"]), ("7", "7", None, [])]
    assert found.schema == MOVIES
