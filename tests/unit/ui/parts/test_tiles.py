"""Tiles can be read, and break out of nothing."""

import re

import pytest

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts.style import STYLE
from matinee.ui.parts.tiles import COLOURS, INK, OTHER, colour, era, pattern, tile


def _luminance(hexadecimal):
    """Relative luminance of WCAG 2.2."""
    channels = [int(hexadecimal[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("background", sorted({*COLOURS.values(), OTHER}))
def test_the_letters_stand_out_from_every_colour(background):
    lighter, darker = sorted((_luminance(INK), _luminance(background)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("genres", "telling"),
    [
        (("Unheard of", "War"), "War"),
        (("Drama", "Romance", "War"), "Romance"),
        (("Comedy", "Drama"), "Comedy"),
        (("Drama", "Comedy"), "Comedy"),
        (("Drama",), "Drama"),
    ],
)
def test_the_genre_that_tells_most_gives_the_colour(genres, telling):
    movie = Movie(movie_id="1", title="x", year=None, genres=genres)
    assert (colour(movie), pattern(movie)) == (COLOURS[telling], telling.lower())


def test_a_movie_without_a_known_genre_has_a_tile_too():
    movie = Movie(movie_id="1", title="x", year=None, genres=("Unheard of",))
    assert (colour(movie), pattern(movie)) == (OTHER, "other")


def test_letters_are_sized_for_the_longest_word():
    shown = tile(Movie(movie_id="1", title="E.T. the Extra-Terrestrial", year=1982, genres=()))
    assert f"--longest:{len('Terrestrial')}" in shown


@pytest.mark.parametrize("genre", sorted(COLOURS))
def test_every_genre_has_a_pattern_in_the_style_sheet(genre):
    name = pattern(Movie(movie_id="1", title="x", year=None, genres=(genre,)))
    assert re.search(rf"\.tile-{name}\b", STYLE)


@pytest.mark.parametrize(("year", "name"), [(1942, "early"), (1972, "classic"), (1999, "modern"), (None, "modern")])
def test_the_lettering_follows_the_decade(year, name):
    assert era(Movie(movie_id="1", title="x", year=year, genres=())) == name


def test_a_title_is_a_heading_and_breaks_out_of_nothing():
    shown = tile(Movie(movie_id="1", title="<b>&, The", year=1990, genres=()), "<new>")
    assert "<h3>The &lt;b&gt;&amp;</h3><small>1990</small>" in shown
    assert "<em>&lt;new&gt;</em>" in shown


def test_an_image_is_named_by_the_id_and_breaks_out_of_nothing():
    movie = Movie(movie_id='a/b "c', title="x", year=1990, genres=())
    shown = tile(movie, poster_url="https://h.example/{movie_id}.jpg?a=1&s=2")
    assert '<img src="https://h.example/a%2Fb%20%22c.jpg?a=1&amp;s=2" alt="" loading="lazy">' in shown
    assert "<img" not in tile(movie)
