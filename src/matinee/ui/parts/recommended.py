"""The user's recommendations: how they were made, how many are shown, and which of them the last rating brought."""

from dataclasses import replace

import streamlit as st

from matinee.clients.schemas.model import Model
from matinee.clients.schemas.recommendations import GroupRecommendations, Recommendations
from matinee.ui.parts.cards import cards
from matinee.ui.parts.filters import ListFilters, asked, choose_filters, nothing_left
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.more_choices import choose_more
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.movies import MovieTexts

STEP = 12
"""Movies that are shown at first, and more of them with each click."""

MOST = 96


def recommended(visit: Visit, model: Model) -> None:
    """The list of the user, with its filters."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header(visit.texts.movies.your_list, width="stretch", anchor=False)
        filters = choose_filters(visit)
    filters = replace(filters, more=choose_more(visit))
    subject = (visit.user_id, filters)
    n_shown = _n_shown(subject)
    # One more than is shown tells whether there are more.
    listed = asked(visit, filters, n_shown + 1)
    if not listed.items:
        nothing_left(visit, filters)
        return
    shown = listed.items[:n_shown]
    new = _new_since_rating(subject, {movie.movie_id for movie in shown})
    st.markdown(f"{_how(visit, listed, model)}  \n:small[{_advice(new, visit.texts.movies)}]")
    cards(visit, shown, "list", new)
    if len(listed.items) > n_shown and n_shown < MOST:
        st.button(visit.texts.movies.show_more, key="more", width="stretch", on_click=_show_more, args=(subject,))


Subject = tuple[str, ListFilters]
"""Whose list, and of which movies."""


def _n_shown(subject: Subject) -> int:
    of, count = st.session_state.get("n_shown", (subject, STEP))
    return int(count) if of == subject else STEP


def _show_more(subject: Subject) -> None:
    st.session_state["n_shown"] = subject, _n_shown(subject) + STEP


def _how(visit: Visit, listed: Recommendations, model: Model) -> str:
    """How a list was made, as a badge and in a sentence."""
    colour = {"learned": "green", "fold_in": "blue", "popular": "orange"}[listed.policy]
    name = visit.texts.common.policies[listed.policy]
    if isinstance(listed, GroupRecommendations):
        texts, users = visit.texts.movies, escaped(", ".join(listed.users))
        words = texts.together if listed.aggregation == "least_misery" else texts.together_on_average
        return f":{colour}-badge[{name}] {words.format(users=users)}"
    sentence = _sentence(listed, model, visit.texts, is_known=bool(visit.ratings))
    return f":{colour}-badge[{name}] {sentence.format(user=escaped(visit.user_id))}"


def _sentence(listed: Recommendations, model: Model, texts: Texts, *, is_known: bool) -> str:
    words = texts.movies
    if listed.policy == "popular" and model.policy == "popular":
        return words.no_model if model.version is None else words.popular_model
    popular = words.popular if is_known else words.unknown_user
    return {"learned": words.learned, "fold_in": words.fold_in, "popular": popular}[listed.policy]


def _new_since_rating(subject: Subject, ids: set[str]) -> set[str]:
    """Movies that were not in this list before the last rating."""
    st.session_state["shown"] = subject, ids
    subject_before, ids_before = st.session_state.get("before") or (None, ids)
    return ids - ids_before if subject_before == subject and len(ids) == len(ids_before) else set()


def _advice(new: set[str], texts: MovieTexts) -> str:
    if not new:
        return texts.rate_hint
    return texts.one_is_new if len(new) == 1 else texts.some_are_new.format(count=len(new))
