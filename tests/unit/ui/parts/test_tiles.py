"""Tiles can be read, and break out of nothing."""

import pytest

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts.tiles import COLOURS, INK, OTHER, colour, initial, tile


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
    ("title", "letter"),
    [("Godfather, The (1972)", "G"), ("8½ (1963)", "8"), ("'burbs", "B"), ("The", "T"), ("친구", "친"), ("…", "?")],
)
def test_the_initial_is_the_letter_that_people_look_for(title, letter):
    assert initial(title) == letter


def test_the_first_genre_with_a_colour_gives_it():
    assert colour(Movie(movie_id="1", title="x", year=None, genres=("Unheard of", "War"))) == COLOURS["War"]
    assert colour(Movie(movie_id="1", title="x", year=None, genres=())) == OTHER


def test_a_tile_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in tile(Movie(movie_id="1", title="x", year=None, genres=()))
