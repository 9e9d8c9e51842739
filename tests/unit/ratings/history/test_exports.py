"""What people export from other services is read as what they rated and watched."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from matinee.catalogue import MOVIES
from matinee.errors import BadData
from matinee.ratings.history.exports import LIKED, DateOrder, read_history
from matinee.ratings.history.matching import match
from matinee.ratings.scale import FIVE_STARS

LETTERBOXD = (
    'Date,Name,Year,Letterboxd URI,Rating\n2024-01-02,Heat,1995,https://boxd.it/x,4.5\n2024-01-03,"Good, Bad",1966,u,\n'
)
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2024-02-02,Heat,1995,https://boxd.it/x,3,Yes,,2024-01-31\n"
IMDB = (
    "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year,Genres\n"
    'tt0113277,9,2024-01-02,Heat,Heat,u,Movie,8.3,1995,"Crime, Drama"\n'
    "tt1,10,2024-01-02,Dark,Dark,u,TV Series,8.7,2017,Crime\n"
)
TRAKT = json.dumps(
    [
        {
            "rated_at": "2024-01-02T03:04:05.000Z",
            "rating": 9,
            "type": "movie",
            "movie": {"title": "Heat", "year": 1995},
        },
        {"rated_at": "2024-01-02T03:04:05.000Z", "rating": 9, "type": "show", "show": {"title": "Dark", "year": 2017}},
    ]
)
NETFLIX = 'Title,Date\n"Heat","1/2/24"\n"Dark: Season 1: Secrets","1/3/24"\n'


def read(tmp_path, text):
    path = tmp_path / "export"
    path.write_text(text)
    return read_history(path)


@pytest.mark.parametrize(
    ("text", "service", "stars", "day", "n_other"),
    [
        (LETTERBOXD, "Letterboxd", 4.5, (2024, 1, 2), 0),
        (DIARY, "Letterboxd", 3, (2024, 1, 31), 0),
        (IMDB, "IMDb", 4.5, (2024, 1, 2), 1),
        (TRAKT, "Trakt", 4.5, (2024, 1, 2), 1),
        (
            "rated_at,type,title,year,trakt_rating,rating\n2024-01-02T03:04:05Z,movie,Heat,1995,7.9,9\n",
            "Trakt",
            4.5,
            (2024, 1, 2),
            0,
        ),
        (NETFLIX, "Netflix", LIKED, (2024, 1, 2), 1),
    ],
)
def test_an_export_is_recognised_by_its_columns_and_its_scale_becomes_stars(
    tmp_path, text, service, stars, day, n_other
):
    history = read(tmp_path, text)
    first = history.seen[0]
    assert (history.service, history.n_other) == (service, n_other)
    assert (first.title, first.stars, (first.at.year, first.at.month, first.at.day)) == ("Heat", stars, day)
    assert first.is_rated == (service != "Netflix")
    assert first.year == (None if service == "Netflix" else 1995)


def test_what_was_watched_and_not_rated_counts_as_liked_and_is_told_apart(tmp_path):
    watched = read(tmp_path, LETTERBOXD).seen[1]
    assert (watched.title, watched.stars, watched.is_rated) == ("Good, Bad", LIKED, False)


@pytest.mark.parametrize(
    "text",
    ["user_id,movie_id\nu,m\n", "[1, 2]", '[{}, {"movie": {}}]', "[", "{}", "Title\nx\n", "[" * 100_000],
    ids=["table", "numbers", "no title", "cut", "object", "one column", "deep"],
)
def test_what_is_no_known_export_is_refused_with_what_would_be(tmp_path, text):
    with pytest.raises(BadData, match=r"no history that is known here.*Letterboxd"):
        read(tmp_path, text)


@pytest.mark.parametrize("number", ["inf", "-inf", "nan", "Infinity", "1e999"])
def test_a_number_that_is_none_is_left_out_and_the_movie_stays(tmp_path, number):
    trakt = json.dumps([{"rating": number, "movie": {"title": "Heat", "year": number}}])
    letterboxd = LETTERBOXD.replace("1995", number).replace("4.5", number)
    for text in (trakt, letterboxd):
        heat = read(tmp_path, text).seen[0]
        assert (heat.title, heat.year, heat.stars, heat.is_rated) == ("Heat", None, LIKED, False)


@pytest.mark.parametrize(("rating", "stars"), [("1e308", 5.0), ("-1e308", 0.5), ("0.1", 0.5), ("4.3", 4.5)])
def test_stars_are_halves_from_a_half_to_five(tmp_path, rating, stars):
    assert read(tmp_path, LETTERBOXD.replace("4.5", rating)).seen[0].stars == stars


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        (["1/2/24", "12/31/24"], (2024, 1, 2)),
        (["1/2/24", "31/12/24"], (2024, 2, 1)),
        (["01.02.2024"], (2024, 2, 1)),
        (["2024. 1. 2."], None),
        (["2024-01-02"], (2024, 1, 2)),
        (["2/30/24"], None),
    ],
)
def test_the_order_of_day_and_month_follows_from_all_dates_of_a_file(dates, day):
    assert DateOrder.of(dates).read(dates[0]) == (day and datetime(*day, tzinfo=UTC))


def test_ratings_go_to_the_movies_that_were_found_and_the_rest_is_listed(tmp_path):
    movies = pl.DataFrame([("7", "Heat", 1995, [])], MOVIES, orient="row")
    matched = match(
        [read(tmp_path, NETFLIX), read(tmp_path, LETTERBOXD), read(tmp_path, DIARY)], "ann", movies, FIVE_STARS
    )
    (rating,) = matched.ratings
    assert (rating.user_id, rating.movie_id, rating.rating) == ("ann", "7", 3)
    assert matched.not_found == ["Good, Bad (1966)"]
    assert (matched.services, matched.n_watched, matched.n_other) == (["Letterboxd", "Netflix"], 0, 1)


def test_what_was_watched_later_does_not_hide_what_was_rated(tmp_path):
    movies = pl.DataFrame([("7", "Heat", 1995, [])], MOVIES, orient="row")
    matched = match(
        [read(tmp_path, LETTERBOXD), read(tmp_path, NETFLIX.replace("24", "25"))], "ann", movies, FIVE_STARS
    )
    assert [rating.rating for rating in matched.ratings] == [4.5]


def test_a_time_at_which_nobody_rates_is_left_out_and_the_rating_stays(tmp_path):
    movies = pl.DataFrame([("7", "Heat", 1995, [])], MOVIES, orient="row")
    matched = match([read(tmp_path, LETTERBOXD.replace("2024-01-02", "1895-01-02"))], "ann", movies, FIVE_STARS)
    assert matched.ratings[0].rated_at is None
