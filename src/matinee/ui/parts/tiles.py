"""A poster for each movie: its title on the colour and pattern of its genre, with an image where there is one."""

import html
import re
from urllib.parse import quote

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


COMMON = {"Comedy": 1, "Drama": 2}
"""How little a genre tells: with the first of each movie, half of all would look alike."""


def told_by(movie: Movie) -> str | None:
    """The genre that tells most of a movie: of those with a colour the least common one, and of equals the first."""
    known = [genre for genre in movie.genres if genre in COLOURS]
    return min(known, key=lambda genre: COMMON.get(genre, 0), default=None)


def colour(movie: Movie) -> str:
    """Colour of the genre that tells most."""
    genre = told_by(movie)
    return COLOURS[genre] if genre else OTHER


def pattern(movie: Movie) -> str:
    """Name of the pattern of the genre that tells most; each genre has one of its own in the style sheet."""
    return "".join(letter for letter in (told_by(movie) or "other").lower() if letter.isalpha())


def era(movie: Movie) -> str:
    """Which lettering suits the decade: `early` before 1960, `classic` before 1980, else `modern`."""
    if movie.year is None or movie.year >= 1980:
        return "modern"
    return "early" if movie.year < 1960 else "classic"


def tile(movie: Movie, badge: str = "", poster_url: str = "") -> str:
    """HTML of the poster, with the title as the heading of its card.

    Args:
        movie: what it is of.
        badge: a word in its corner; empty for none.
        poster_url: where its image is (`MATINEE_POSTER_URL`); empty for none.
    """
    shown, year = display_title(movie.title), movie.year or ""
    longest = max(map(len, re.split(r"[\s-]+", shown)))
    mark = f"<em>{html.escape(badge)}</em>" if badge else ""
    return (
        f'<div class="tile tile-{pattern(movie)} {era(movie)}{" with-image" if poster_url else ""}"'
        f' style="background-color:{colour(movie)};color:{INK};--longest:{longest}">'
        f"{_image(movie, poster_url)}{mark}<h3>{html.escape(shown)}</h3><small>{year}</small></div>"
    )


def _image(movie: Movie, poster_url: str) -> str:
    """HTML of the image; it says nothing that the heading does not, and one that does not come leaves no mark."""
    if not poster_url:
        return ""
    address = html.escape(poster_url.replace("{movie_id}", quote(movie.movie_id, safe="")))
    return f'<img src="{address}" alt="" loading="lazy">'
