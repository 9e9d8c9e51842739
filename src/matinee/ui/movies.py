"""Movies on the page: a row with title, genres and stars to click, and lists of such rows."""

import math
from collections.abc import Collection, Iterable

import streamlit as st

from matinee.errors import MatineeError
from matinee.ui.client import Movie, Rating
from matinee.ui.titles import display_title, plain
from matinee.ui.visit import Visit

SIMILAR = 5
"""Movies listed as similar to one."""


def movie_cards(visit: Visit, movies: Iterable[Movie], place: str, new: Collection[str] = ()) -> None:
    """One card for each movie, with similar movies behind a click.

    Args:
        visit: who looks.
        movies: what to show.
        place: name of this list, unique on the page.
        new: ids of movies to be marked as new in the list.
    """
    for movie in movies:
        with st.container(border=True, gap="xsmall"):
            _movie_row(visit, movie, place, is_new=movie.movie_id in new)
            _similar_movies(visit, movie, place)


def _similar_movies(visit: Visit, movie: Movie, place: str) -> None:
    label = visit.texts.similar
    opened = st.expander(label, type="compact", key=f"similar-{place}-{movie.movie_id}", on_change="rerun")
    if opened.open:
        with opened:
            for other in visit.client.similar(movie.movie_id, SIMILAR):
                _movie_row(visit, other, f"{place}-{movie.movie_id}")


def _movie_row(visit: Visit, movie: Movie, place: str, *, is_new: bool = False) -> None:
    texts = visit.texts
    badge = f" :blue-badge[{texts.new}]" if is_new else ""
    year = f" :gray[{movie.year}]" if movie.year else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{plain(display_title(movie.title))}**{year}{badge}")
            st.caption(" · ".join(plain(texts.genres.get(genre, genre)) for genre in movie.genres))
        _stars(visit, movie, place)


def _stars(visit: Visit, movie: Movie, place: str) -> None:
    """Stars that always show what the server knows, whatever was clicked before."""
    key = f"stars-{place}-{visit.user_id}-{movie.movie_id}"
    known = visit.stars.get(movie.movie_id)
    st.session_state[key] = None if known is None else max(math.ceil(known), 1) - 1
    st.feedback("stars", key=key, on_change=_rate, args=(visit, movie, key))


def _rate(visit: Visit, movie: Movie, key: str) -> None:
    """Store the clicked stars. A second click on the same star clears the widget, but not the rating."""
    clicked: int | None = st.session_state[key]
    if clicked is None:
        return
    texts, title = visit.texts, plain(display_title(movie.title))
    try:
        visit.client.rate(Rating(user_id=visit.user_id, movie_id=movie.movie_id, rating=clicked + 1))
    except MatineeError:
        st.toast(texts.not_saved.format(title=title), icon=":material/error:", duration="long")
    else:
        st.session_state["before"] = st.session_state.get("shown")
        st.toast(texts.rated.format(title=title, stars=clicked + 1), icon=":material/star:")
