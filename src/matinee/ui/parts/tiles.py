"""A tile for each movie that looks like a small poster: its initial on the colour of its genre. No image is fetched."""

import html

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts.titles import display_title

INK = "#ffffff"
"""Of the letters; each colour below is dark enough for it (WCAG 2.2, contrast 4.5 and more)."""

COLOURS = {
    "Action": "#a6321e",
    "Adventure": "#8a5a0b",
    "Animation": "#b0367f",
    "Children": "#7a4fb0",
    "Children's": "#7a4fb0",
    "Comedy": "#8f6400",
    "Crime": "#3b4252",
    "Documentary": "#4d6b2f",
    "Drama": "#2f5d8a",
    "Fantasy": "#6a3fa0",
    "Film-Noir": "#22252c",
    "Horror": "#6b1022",
    "Musical": "#a03a6a",
    "Mystery": "#3a3f7a",
    "Romance": "#b3355a",
    "Sci-Fi": "#12707a",
    "Thriller": "#47506b",
    "War": "#5c5436",
    "Western": "#85501f",
}
OTHER = "#5a5350"
"""Of a genre that is not named above, and of a movie without any."""


def colour(movie: Movie) -> str:
    """Colour of the first genre that has one."""
    return next((COLOURS[genre] for genre in movie.genres if genre in COLOURS), OTHER)


def initial(title: str) -> str:
    """First letter or digit that people look for: that of "The Godfather" is G."""
    words = display_title(title).removeprefix("The ").removeprefix("A ").removeprefix("An ")
    return next((letter.upper() for letter in words if letter.isalnum()), "?")


def tile(movie: Movie) -> str:
    """HTML of the tile; hidden from screen readers, which read the title beside it."""
    letter, year = html.escape(initial(movie.title)), movie.year or ""
    return (
        f'<div class="tile" aria-hidden="true" style="background-color:{colour(movie)};color:{INK}">'
        f"<span>{letter}</span><small>{year}</small></div>"
    )
