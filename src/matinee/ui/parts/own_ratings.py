"""The user's own ratings, each of which can be changed or taken back."""

import html

import streamlit as st

from matinee.clients.schemas.ratings import KnownRating
from matinee.ui.parts.dates import day, local
from matinee.ui.parts.rating import stars
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields.for_you import ForYouTexts

STEP = 12
"""Own ratings that are shown at first, and more of them with each click."""


def own_ratings(visit: Visit) -> None:
    """The user's ratings, newest first."""
    texts, ratings = visit.texts.for_you, visit.ratings
    st.header(texts.your_ratings, anchor=False)
    if not ratings:
        st.caption(texts.no_ratings)
        return
    st.caption(texts.change_hint)
    n_shown = _n_shown(visit.user_id)
    for number, known in enumerate(ratings[:n_shown]):
        with st.container(key=f"own-{number}", horizontal=True, vertical_alignment="center"):
            st.html(_line(known, texts))
            stars(visit, known.movie_id, known.title or known.movie_id, "own")
    if (n_left := len(ratings) - n_shown) > 0:
        label = texts.more_ratings.format(count=n_left)
        st.button(label, key="more-own", on_click=_show_more, args=(visit.user_id,))


def _n_shown(user_id: str) -> int:
    of, count = st.session_state.get("n_own", (user_id, STEP))
    return int(count) if of == user_id else STEP


def _show_more(user_id: str) -> None:
    st.session_state["n_own"] = user_id, _n_shown(user_id) + STEP


def _line(known: KnownRating, texts: ForYouTexts) -> str:
    title = html.escape(display_title(known.title or known.movie_id))
    half = f" · {known.rating:g}" if known.rating % 1 else ""
    note = f" · {html.escape(texts.not_learned)}" if known.source == "live" else ""
    return f'<div class="movie"><h3>{title}</h3><small>{day(local(known.rated_at))}{half}{note}</small></div>'
