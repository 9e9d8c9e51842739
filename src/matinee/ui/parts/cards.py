"""One card for each movie: poster, reason, stars to click, and similar movies."""

import html
from collections.abc import Collection, Iterable

import streamlit as st

from matinee.clients.schemas.movies import Movie, RankedMovie
from matinee.ui.parts.choices import choices
from matinee.ui.parts.rating import stars
from matinee.ui.parts.tiles import tile
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts

SIMILAR = 5
"""Movies listed as similar to one."""


def cards(visit: Visit, movies: Iterable[Movie], place: str, new: Collection[str] = ()) -> None:
    """One card for each movie, with similar movies behind a click.

    Args:
        visit: who looks.
        movies: what to show.
        place: name of this list, unique on the page.
        new: ids of movies to be marked as new in the list.
    """
    grid = st.container(key=f"cards-{place}")
    for number, movie in enumerate(movies):
        with grid.container(border=True, key=f"card-{place}-{number}"):
            badge = visit.texts.movies.new if movie.movie_id in new else ""
            st.html(tile(movie, badge, visit.settings.poster_url))
            st.html(movie_html(visit.texts, movie))
            stars(visit, movie.movie_id, movie.title, place)
            with st.container(
                horizontal=True, vertical_alignment="center", gap="small", key=f"choices-{place}-{number}"
            ):
                _similar_movies(visit, movie, place)
                choices(visit, movie.movie_id, movie.title, place)


def movie_html(texts: Texts, movie: Movie, title: str = "") -> str:
    """HTML of what is written below a title: genres, and why the movie is recommended; `title` comes first."""
    genres = " · ".join(texts.common.genres.get(genre, genre) for genre in movie.genres)
    lines = [f"<small>{html.escape(text)}</small>" for text in (genres, _reason(texts, movie)) if text]
    heading = f"<b>{html.escape(title)}</b>" if title else ""
    return f'<div class="movie">{heading}{"".join(lines)}</div>'


def _reason(texts: Texts, movie: Movie) -> str | None:
    reason = movie.reason if isinstance(movie, RankedMovie) else None
    if reason is None:
        return None
    # Of a company the server tells who decided, in the language of the page.
    return texts.movies.because.format(title=display_title(reason.title)) if reason.user_id is None else reason.text


def _similar_movies(visit: Visit, movie: Movie, place: str) -> None:
    texts, key = visit.texts.movies, f"similar-{place}-{movie.movie_id}"
    opened = st.popover(texts.similar, type="tertiary", key=key, on_change="rerun")
    if not opened.open:
        return
    with opened:
        nearest = visit.client.similar(movie.movie_id, SIMILAR)
        if nearest.policy == "popular":
            st.caption(texts.no_similar)
            return
        for number, other in enumerate(nearest.items):
            row = st.container(horizontal=True, vertical_alignment="center", key=f"near-{place}-{number}")
            with row:
                year = f" ({other.year})" if other.year else ""
                st.html(movie_html(visit.texts, other, f"{display_title(other.title)}{year}"))
                stars(visit, other.movie_id, other.title, f"{place}-{movie.movie_id}")
