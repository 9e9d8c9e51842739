"""Page "Start here": a newcomer rates a handful of well-known movies and gets recommendations right then."""

import streamlit as st

from matinee.ui.choices import FIRST_USER, become_new
from matinee.ui.movies import cards, recommended
from matinee.ui.starters import starters
from matinee.ui.visit import Visit, model_of, popular_movies

CHOSEN_FROM = 150
"""The most popular movies, which most people have seen."""

ENOUGH = 3
"""Ratings from which a list says something of a person."""


def show(visit: Visit) -> bool:
    """Show the page; always all of it."""
    texts = visit.texts
    if visit.user_id in ("", FIRST_USER):
        st.markdown(texts.start_welcome)
        st.button(texts.start_button, type="primary", icon=":material/person_add:", on_click=become_new)
        return True
    st.markdown(texts.start_hint)
    n_rated = len(visit.ratings)
    st.progress(min(n_rated / ENOUGH, 1.0), texts.start_progress.format(count=n_rated, enough=ENOUGH))
    cards(visit, starters(popular_movies(visit.url)[:CHOSEN_FROM]), "start")
    if n_rated:
        recommended(visit, model_of(visit.url))
    return True
