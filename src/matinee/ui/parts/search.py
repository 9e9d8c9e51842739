"""The search for a movie by words of its title."""

from collections.abc import Sequence

import streamlit as st

from matinee.clients.schemas.movies import Movie
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
    )
    if found := found_movies(visit, query):
        cards(visit, found, "found")


def found_movies(visit: Visit, query: str) -> Sequence[Movie]:
    """Movies that have these words in their title; where none has, the page says so."""
    words = query.strip()
    if not words:
        return ()
    found = visit.client.movies(words, FOUND)
    if not found:
        st.caption(visit.texts.movies.nothing_found.format(query=escaped(words)))
    return found
