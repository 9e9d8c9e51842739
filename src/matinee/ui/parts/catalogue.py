"""The most popular movies, which the pages ask for once a minute, and what they have in common."""

import streamlit as st

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts.visit import client_of


@st.cache_resource(ttl=60, show_spinner=False)  # nobody can change them, so that each run needs no copy
def popular_movies(url: str) -> tuple[Movie, ...]:
    """The 500 most popular movies."""
    return client_of(url).movies(limit=500)


def genres_of(url: str) -> list[str]:
    """Genres of the most popular movies, by name."""
    return sorted({genre for movie in popular_movies(url) for genre in movie.genres})


def years_of(url: str) -> tuple[int, int]:
    """First and last year of the most popular movies; twice 0 when none has one."""
    years = [movie.year for movie in popular_movies(url) if movie.year is not None]
    return (min(years), max(years)) if years else (0, 0)
