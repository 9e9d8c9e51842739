"""Single movies that a list leaves out: the most popular ones to choose from, any other by words of its title."""

from collections.abc import Sequence

import streamlit as st

from matinee.clients.schemas.movies import Movie
from matinee.ui.parts import address
from matinee.ui.parts.catalogue import movie_of, popular_movies
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.search import found_movies
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit

NAME = "not"
"""In the address, which holds their ids."""


def movies_to_leave_out(url: str, most: int) -> dict[str, str]:
    """What movies are called that may be left out, by id: the most popular ones, and those of the address."""
    titles = {movie.movie_id: _called(movie) for movie in popular_movies(url)}
    in_address = [each for each in address.read(NAME).split(address.SEPARATOR)[:most] if each]
    others = [movie_of(url, movie_id) for movie_id in in_address if movie_id not in titles]
    return titles | {movie.movie_id: _called(movie) for movie in others if movie is not None}


def find_another(visit: Visit, chosen: Sequence[str]) -> None:
    """A field for words of a title, and a button for each movie that has them; `chosen` are left out already."""
    texts = visit.texts.movies
    query = st.text_input(
        texts.find_without,
        key="find-not",
        type="search",
        max_chars=100,
        placeholder=texts.find_without,
        label_visibility="collapsed",
        live=True,
    )
    for movie in found_movies(visit, query):
        if movie.movie_id not in chosen and address.SEPARATOR not in movie.movie_id:
            key, label = f"not-{movie.movie_id}", escaped(_called(movie))
            st.button(label, key, icon=":material/block:", width="stretch", on_click=_leave_out, args=(chosen, movie))


def _leave_out(chosen: Sequence[str], movie: Movie) -> None:
    address.choose(NAME, address.SEPARATOR.join([*chosen, movie.movie_id]))
    st.session_state["find-not"] = ""


def _called(movie: Movie) -> str:
    return display_title(movie.title) + (f" ({movie.year})" if movie.year else "")
