"""One card for each movie: tile, title, stars to click, and similar movies."""

import html
from collections.abc import Collection, Iterable

import streamlit as st

from matinee.clients.schemas.movies import Movie, RankedMovie
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
            st.html(tile(movie))
            st.html(movie_html(visit.texts, movie, is_new=movie.movie_id in new))
            stars(visit, movie, place)
            _similar_movies(visit, movie, place)


def movie_html(texts: Texts, movie: Movie, *, is_new: bool = False) -> str:
    """HTML of what is written of a movie: title, year, genres, and why it is recommended."""
    year = f" ({movie.year})" if movie.year else ""
    badge = f" <em>{html.escape(texts.movies.new)}</em>" if is_new else ""
    genres = " · ".join(texts.common.genres.get(genre, genre) for genre in movie.genres)
    title = html.escape(f"{display_title(movie.title)}{year}")
    small = [f"<small>{html.escape(text)}</small>" for text in (genres, _reason(texts, movie)) if text is not None]
    return f'<div class="movie"><b>{title}{badge}</b>{"".join(small)}</div>'


def _reason(texts: Texts, movie: Movie) -> str | None:
    reason = movie.reason if isinstance(movie, RankedMovie) else None
    return texts.movies.because.format(title=display_title(reason.title)) if reason else None


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
        for other in nearest.items:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(movie_html(visit.texts, other))
                stars(visit, other, f"{place}-{movie.movie_id}")
