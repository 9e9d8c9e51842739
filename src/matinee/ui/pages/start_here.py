"""Page "Start here": a newcomer rates a handful of well-known movies and gets recommendations right then."""

import streamlit as st

from matinee.ui.parts.cards import cards
from matinee.ui.parts.catalogue import popular_movies
from matinee.ui.parts.recommended import recommended
from matinee.ui.parts.starters import starters
from matinee.ui.parts.users import FIRST_USER, become_new
from matinee.ui.parts.visit import Visit, model_of

CHOSEN_FROM = 150
"""The most popular movies, which most people have seen."""

ENOUGH = 3
"""Ratings from which a list says something of a person."""


def show(visit: Visit) -> bool:
    """Show the page; always all of it."""
    texts = visit.texts.start_here
    if visit.user_id in ("", FIRST_USER):
        st.markdown(texts.welcome)
        st.button(texts.begin, type="primary", icon=":material/person_add:", on_click=become_new)
        return True
    n_rated = len(visit.ratings)
    if n_rated >= ENOUGH:
        _list_first(visit, n_rated)
    else:
        _movies_first(visit, n_rated)
    st.session_state["n_rated"] = visit.user_id, n_rated
    return True


def _movies_first(visit: Visit, n_rated: int) -> None:
    texts = visit.texts.start_here
    st.markdown(texts.hint)
    text = texts.progress_counts if n_rated else texts.progress
    st.progress(n_rated / ENOUGH, text.format(count=n_rated, enough=ENOUGH))
    _movies(visit)
    if n_rated:
        recommended(visit, model_of(visit.url))


def _list_first(visit: Visit, n_rated: int) -> None:
    texts = visit.texts.start_here
    st.success(texts.ready.format(count=n_rated), icon=":material/check_circle:")
    if st.session_state.get("n_rated") == (visit.user_id, ENOUGH - 1):
        st.toast(texts.ready_above, icon=":material/arrow_upward:", duration="long")  # whoever has scrolled down
    recommended(visit, model_of(visit.url))
    st.header(texts.more, anchor=False)
    st.caption(texts.hint)
    _movies(visit)


def _movies(visit: Visit) -> None:
    cards(visit, starters(popular_movies(visit.url)[:CHOSEN_FROM]), "start")
