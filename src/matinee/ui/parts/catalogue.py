"""The most popular movies, which the pages ask for once a minute, and what they have in common."""

import streamlit as st

from matinee.clients.schemas.movies import Movie
from matinee.errors import NotFound
from matinee.ui.parts.visit import client_of

N_POPULAR = 500
"""Movies that a page offers without a search."""


@st.cache_resource(ttl=60, show_spinner=False)  # nobody can change them, so that each run needs no copy
def popular_movies(url: str) -> tuple[Movie, ...]:
    """The `N_POPULAR` most popular movies."""
    return client_of(url).movies(limit=N_POPULAR)


@st.cache_resource(ttl=60, max_entries=1_000, show_spinner=False)
def movie_of(url: str, movie_id: str) -> Movie | None:
    """Any movie of the catalogue; None where there is none."""
    try:
        return client_of(url).movie(movie_id)
    except NotFound:
        return None


def genres_of(url: str) -> list[str]:
    """Genres of the most popular movies, by name."""
    return sorted({genre for movie in popular_movies(url) for genre in movie.genres})


def years_of(url: str) -> tuple[int, int]:
    """First and last year of the most popular movies; twice 0 when none has one."""
    years = [movie.year for movie in popular_movies(url) if movie.year is not None]
    return (min(years), max(years)) if years else (0, 0)
