"""The user's recommendations: how they were made, their filters, and which of them the last rating brought."""

import streamlit as st

from matinee.clients.schemas.model import Model
from matinee.clients.schemas.recommendations import Recommendations
from matinee.ui.parts.cards import cards
from matinee.ui.parts.catalogue import genres_of, years_of
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.movies import MovieTexts


def recommended(visit: Visit, model: Model) -> None:
    """The list of the user, with its filters."""
    texts = visit.texts.movies
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header(texts.your_list, width="stretch", anchor=False)
        genre, years = _choose_genre(visit), _choose_years(visit)
    listed = visit.client.recommendations(visit.user_id, 12, genre, years)
    if not listed.items:
        st.info(texts.all_rated if visit.ratings else texts.no_movies)
        return
    new = _new_since_rating(listed, f"{genre} {years}")
    st.markdown(f"{_how(listed, model, visit.texts)}  \n:small[{_advice(new, texts)}]")
    cards(visit, listed.items, "list", new)


def _choose_genre(visit: Visit) -> str | None:
    texts = visit.texts.movies
    return st.selectbox(
        texts.genre,
        genres_of(visit.url),
        index=None,
        format_func=lambda genre: visit.texts.common.genres.get(genre, genre),
        placeholder=texts.all_genres,
        key="genre",
        label_visibility="collapsed",
        width=200,
    )


def _choose_years(visit: Visit) -> tuple[int, int] | None:
    """Years that were chosen; None for all, which also takes in movies without a year."""
    first, last = years_of(visit.url)
    if first == last:
        return None
    chosen = st.slider(visit.texts.movies.years, first, last, (first, last), key="years", width=240)
    return None if chosen == (first, last) else chosen


def _how(listed: Recommendations, model: Model, texts: Texts) -> str:
    """How a list was made, as a badge and in a sentence."""
    colour = {"learned": "green", "fold_in": "blue", "popular": "orange"}[listed.policy]
    return f":{colour}-badge[{texts.common.policies[listed.policy]}] {_sentence(listed, model, texts.movies)}"


def _sentence(listed: Recommendations, model: Model, texts: MovieTexts) -> str:
    if listed.policy == "popular" and model.policy == "popular":
        return texts.no_model if model.version is None else texts.popular_model
    sentences = {"learned": texts.learned, "fold_in": texts.fold_in, "popular": texts.popular}
    return sentences[listed.policy].format(user=escaped(listed.user_id or ""))


def _new_since_rating(listed: Recommendations, filters: str) -> set[str]:
    """Movies that were not in this list before the last rating."""
    subject, ids = (listed.user_id, filters), {movie.movie_id for movie in listed.items}
    st.session_state["shown"] = subject, ids
    subject_before, ids_before = st.session_state.get("before") or (None, ids)
    return ids - ids_before if subject_before == subject else set()


def _advice(new: set[str], texts: MovieTexts) -> str:
    if not new:
        return texts.rate_hint
    return texts.one_is_new if len(new) == 1 else texts.some_are_new.format(count=len(new))
