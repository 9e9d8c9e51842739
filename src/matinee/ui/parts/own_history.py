"""A history of another service, dropped on the page: what was found of it, and a button that adds it."""

from collections.abc import Sequence

import streamlit as st

from matinee.clients.schemas.fields import MAX_BATCH
from matinee.clients.schemas.histories import FoundHistory
from matinee.clients.schemas.ratings import Rating
from matinee.errors import BadData, MatineeError, UsageError
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields.for_you import ForYouTexts

SHOWN = 50
"""Titles that were not found, at most so many of which are listed."""


def own_history(visit: Visit) -> None:
    """A place to drop a file, and what is in it."""
    texts = visit.texts.for_you
    with st.expander(texts.history, icon=":material/upload_file:"):
        st.caption(texts.history_help)
        number = st.session_state.setdefault("n_histories", 0)
        dropped = st.file_uploader(texts.history_file, key=f"history-{number}", type=["csv", "json", "tsv", "txt"])
        if dropped is None:
            return
        try:
            found = visit.client.history(dropped.getvalue())
        except (BadData, UsageError):
            st.error(texts.history_unknown)
            return
        _tell(found, texts)
        if found.ratings:
            label = texts.history_add.format(count=len(found.ratings))
            st.button(label, type="primary", key="add-history", on_click=_add, args=(visit, found))


def _tell(found: FoundHistory, texts: ForYouTexts) -> None:
    st.markdown(texts.history_found.format(service=found.service, count=len(found.ratings)))
    if found.n_watched:
        st.caption(texts.history_watched.format(count=found.n_watched))
    if found.n_other:
        st.caption(texts.history_other.format(count=found.n_other))
    if found.not_found:
        st.markdown(texts.history_not_found.format(count=len(found.not_found)))
        st.markdown(_listed(found.not_found, texts))


def _listed(titles: Sequence[str], texts: ForYouTexts) -> str:
    lines = [f"- {escaped(title)}" for title in titles[:SHOWN]]
    if len(titles) > SHOWN:
        lines.append(f"- {texts.history_more.format(count=len(titles) - SHOWN)}")
    return "\n".join(lines)


def _add(visit: Visit, found: FoundHistory) -> None:
    """Store what was found; sent again it is stored once, so that a failure half-way can be tried again."""
    texts, user_id = visit.texts.for_you, visit.user_id
    ratings = [
        Rating(user_id=user_id, movie_id=each.movie_id, rating=each.rating, rated_at=each.rated_at)
        for each in found.ratings
    ]
    try:
        batches = [ratings[start : start + MAX_BATCH] for start in range(0, len(ratings), MAX_BATCH)]
        stored = sum(visit.client.rate(*batch).stored for batch in batches)
    except MatineeError:
        st.toast(texts.history_not_saved, icon=":material/error:", duration="long")
        return
    st.session_state["n_histories"] += 1
    st.toast(texts.history_added.format(count=stored), icon=":material/check:", duration="long")
