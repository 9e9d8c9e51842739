"""Page "Start here": a newcomer rates a handful of well-known movies, and gets a list from them."""

import streamlit as st

from matinee.ui.parts import address
from matinee.ui.parts.cards import cards
from matinee.ui.parts.catalogue import popular_movies
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.starters import starters
from matinee.ui.parts.users import become_new
from matinee.ui.parts.visit import Visit

CHOSEN_FROM = 150
"""The most popular movies, which most people have seen."""

ENOUGH = 3
"""Ratings from which a list says something of a person."""

STEP = 12
"""Movies that are shown at first, and more of them with each click."""


def show(visit: Visit) -> bool:
    """Show the page; always all of it."""
    texts, n_rated = visit.texts.start_here, len(visit.ratings)
    if not visit.user_id or _was_here_before(visit.user_id, n_rated):
        _welcome_back(visit, n_rated)
        if not visit.user_id:
            return True
    else:
        st.markdown(texts.welcome)
    st.header(texts.hint, anchor=False)
    n_movies = int(st.session_state.get("n_starters", STEP))
    # The same movies in the same places, however many are rated: nothing moves under the finger.
    cards(visit, starters(popular_movies(visit.url)[:CHOSEN_FROM], n_movies), "start")
    st.button(texts.more, key="more-starters", width="stretch", on_click=_show_more)
    _progress(visit, n_rated)
    return True


def _was_here_before(user_id: str, n_rated: int) -> bool:
    """Whether the user had a list before this visit."""
    if n_rated < ENOUGH:
        st.session_state["started"] = user_id
    return st.session_state.get("started") != user_id


def _welcome_back(visit: Visit, n_rated: int) -> None:
    texts = visit.texts.start_here
    if visit.user_id:
        st.markdown(texts.welcome_back.format(user=escaped(visit.user_id), count=n_rated))
        with st.container(horizontal=True):
            _see_list(visit)
            st.button(texts.begin, icon=":material/person_add:", on_click=become_new)
    else:
        st.markdown(texts.welcome)
        st.button(texts.begin, type="primary", icon=":material/person_add:", on_click=become_new)


def _progress(visit: Visit, n_rated: int) -> None:
    """A bar that stays in sight: how far it is to the list, and the way there."""
    texts = visit.texts.start_here
    with st.container(key="start-progress", horizontal=True, vertical_alignment="center"):
        text = texts.progress if n_rated < ENOUGH else texts.ready
        st.markdown(text.format(count=n_rated, enough=ENOUGH), width="stretch")
        if n_rated:
            _see_list(visit)


def _see_list(visit: Visit) -> None:
    page = st.session_state["pages"]["for_you"]
    st.page_link(page, label=visit.texts.start_here.see_list, icon=":material/movie:", query_params=address.link())


def _show_more() -> None:
    st.session_state["n_starters"] = int(st.session_state.get("n_starters", STEP)) + STEP
