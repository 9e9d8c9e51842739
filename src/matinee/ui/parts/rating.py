"""Stars that rate a movie with one click."""

import math

import streamlit as st

from matinee.clients.schemas.movies import Movie
from matinee.clients.schemas.ratings import Rating
from matinee.errors import MatineeError
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit


def stars(visit: Visit, movie: Movie, place: str) -> None:
    """Stars that always show what the server knows, whatever was clicked before."""
    key = f"stars-{place}-{visit.user_id}-{movie.movie_id}"
    known = visit.stars.get(movie.movie_id)
    st.session_state[key] = None if known is None else max(math.ceil(known), 1) - 1
    st.feedback("stars", key=key, on_change=_rate, args=(visit, movie, key))


def _rate(visit: Visit, movie: Movie, key: str) -> None:
    """Store the clicked stars; a second click on the same star, which clears the widget, takes the rating back."""
    clicked: int | None = st.session_state[key]
    texts, title = visit.texts.movies, escaped(display_title(movie.title))
    try:
        if clicked is None:
            visit.client.withdraw(visit.user_id, movie.movie_id)
        else:
            visit.client.rate(Rating(user_id=visit.user_id, movie_id=movie.movie_id, rating=clicked + 1))
    except MatineeError:
        st.toast(texts.not_saved.format(title=title), icon=":material/error:", duration="long")
    else:
        st.session_state["before"] = st.session_state.get("shown")
        text = texts.taken_back if clicked is None else texts.rated
        st.toast(text.format(title=title, stars=(clicked or 0) + 1), icon=":material/star:")
