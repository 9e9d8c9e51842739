"""The search for a movie by words of its title."""

import streamlit as st

from matinee.ui.parts.cards import cards
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit

FOUND = 5
"""Movies that a search shows."""


def search(visit: Visit) -> None:
    """A field for words of a title, and the movies that have them."""
    texts = visit.texts.movies
    query = st.text_input(
        texts.search, key="query", type="search", max_chars=100, placeholder=texts.search_hint, live=True
    ).strip()
    if not query:
        return
    found = visit.client.movies(query, FOUND)
    if not found:
        st.caption(texts.nothing_found.format(query=escaped(query)))
    cards(visit, found, "found")
