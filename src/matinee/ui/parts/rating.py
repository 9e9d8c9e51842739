"""What rates a movie with one click, and the bar that takes the last rating back."""

from dataclasses import dataclass

import streamlit as st

from matinee.clients.schemas.ratings import Rating
from matinee.errors import MatineeError
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.scale import clicked_rating, rating_input
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit


@dataclass(frozen=True)
class LastRating:
    """What was rated last, and what it was rated before; None for not at all."""

    user_id: str
    movie_id: str
    title: str
    stars: float | None
    before: float | None
    is_hidden: bool = False
    """Whether it was not rated, but hidden."""


def stars(visit: Visit, movie_id: str, title: str, place: str) -> None:
    """Stars, or what else the scale asks for, that always show what the server knows."""
    key = f"stars-{place}-{visit.user_id}-{movie_id}"
    label = visit.texts.common.stars.format(title=display_title(title))
    rating_input(
        visit.scale, label, visit.stars.get(movie_id), key, on_change=_rate, args=(visit, movie_id, title, key)
    )


def _rate(visit: Visit, movie_id: str, title: str, key: str) -> None:
    """Store the clicked rating; a second click on the same, which clears the widget, takes the rating back."""
    wanted = clicked_rating(visit.scale, key)
    last = LastRating(visit.user_id, movie_id, display_title(title), wanted, visit.stars.get(movie_id))
    if _store(visit, last, wanted):
        note(last)


def note(last: LastRating) -> None:
    """Have the bar tell what was done last."""
    st.session_state["last_rating"] = last


def _store(visit: Visit, last: LastRating, wanted: float | None) -> bool:
    """Store stars, or take them back; whether that was possible."""
    try:
        if wanted is None:
            visit.client.withdraw(last.user_id, last.movie_id)
        else:
            visit.client.rate(Rating(user_id=last.user_id, movie_id=last.movie_id, rating=wanted))
    except MatineeError:
        text = visit.texts.movies.not_saved.format(title=escaped(last.title))
        st.toast(text, icon=":material/error:", duration="long")
        return False
    st.session_state["before"] = st.session_state.get("shown")
    return True


def last_rating(visit: Visit) -> None:
    """A bar that tells what was rated last and takes it back: Streamlit's toasts can hold no button."""
    last: LastRating | None = st.session_state.get("last_rating")
    if last is None or last.user_id != visit.user_id:
        return
    texts, title = visit.texts.movies, escaped(last.title)
    with st.container(key="last-rating", horizontal=True, vertical_alignment="center"):
        text = texts.hidden if last.is_hidden else texts.taken_back if last.stars is None else texts.rated
        st.markdown(text.format(title=title, stars=f"{last.stars or 0:g}"), width="stretch")
        st.button(texts.undo, key="undo", icon=":material/undo:", on_click=_undo, args=(visit, last))


def _undo(visit: Visit, last: LastRating) -> None:
    if _store(visit, last, last.before):
        del st.session_state["last_rating"]
        st.session_state["before"] = None  # the list is what it was before the rating, so nothing in it is new
