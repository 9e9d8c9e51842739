"""A movie is found by the title that other services give it."""

import polars as pl
import pytest

from matinee.catalogue import MOVIES
from matinee.catalogue.titles import TitleIndex

CATALOGUE = pl.DataFrame(
    [
        ("1", "Godfather, The (대부)", 1972, []),
        ("2", "Misérables, Les", 1995, []),
        ("3", "Heat", 1995, []),
        ("4", "Heat", 1986, []),
        ("5", "Seven (a.k.a. Se7en)", 1995, []),
        ("6", "Crouching Tiger, Hidden Dragon (Wo hu cang long)", 2000, []),
        ("7", "Fast & Furious", 2009, []),
        ("8", "Alien", None, []),
        ("9", "Twins", 1988, []),
        ("10", "Twins", 1988, []),
        ("11", "A", 2000, []),
        ("12", "Star Wars: Episode IV - A New Hope", 1977, []),
        ("13", "Fargo", 1996, []),
        ("14", "Saw: One", 2004, []),
        ("15", "Saw: Two", 2004, []),
    ],
    MOVIES,
    orient="row",
)


@pytest.mark.parametrize(
    ("title", "year", "movie_id"),
    [
        ("The Godfather", 1972, "1"),
        ("대부", 1972, "1"),
        ("Godfather", 1972, "1"),
        ("Les Miserables", 1995, "2"),
        ("Les Mise\u0301rables", 1995, "2"),
        ("HEAT", 1995, "3"),
        ("Heat", 1986, "4"),
        ("Heat", None, None),
        ("Heat", 2020, None),
        ("Se7en", 1995, "5"),
        ("Crouching Tiger, Hidden Dragon", 2001, "6"),
        ("Fast and Furious", 2009, "7"),
        ("Alien", 1979, "8"),
        ("Alien", None, "8"),
        ("Twins", 1988, None),
        ("A", 2000, "11"),
        ("Star Wars", 1977, "12"),
        ("Star Wars", 1978, None),
        ("Star Wars", None, None),
        ("Fargo: The Movie", 1996, "13"),
        ("Saw", 2004, None),
        ("Nothing Like It", 1999, None),
        ("", None, None),
        ("!?", 1999, None),
    ],
)
def test_a_movie_is_found_by_title_and_year_as_services_write_them(title, year, movie_id):
    assert TitleIndex(CATALOGUE).find(title, year) == movie_id


def test_every_movie_of_a_catalogue_is_found_by_its_own_title():
    index = TitleIndex(CATALOGUE)
    rows = [row for row in CATALOGUE.rows() if row[1] != "Twins"]
    assert [index.find(title, year) for _, title, year, _ in rows] == [row[0] for row in rows]
