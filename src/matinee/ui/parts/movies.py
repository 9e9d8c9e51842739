"""Movies on the page: what is found, what is recommended, and one card for each with stars to click."""

import html
import math
from collections.abc import Collection, Iterable

import streamlit as st

from matinee.clients.schemas.model import Model
from matinee.clients.schemas.movies import Movie, RankedMovie
from matinee.clients.schemas.ratings import Rating
from matinee.clients.schemas.recommendations import Recommendations
from matinee.errors import MatineeError
from matinee.ui.parts.tiles import tile
from matinee.ui.parts.titles import display_title, plain
from matinee.ui.parts.visit import Visit, genres_of, years_of
from matinee.ui.texts.words import Texts

FOUND = 5
"""Movies that a search shows."""

SIMILAR = 5
"""Movies listed as similar to one."""


def search(visit: Visit) -> None:
    """A field for words of a title, and the movies that have them."""
    texts = visit.texts
    query = st.text_input(
        texts.search, key="query", type="search", max_chars=100, placeholder=texts.search_hint, live=True
    ).strip()
    if not query:
        return
    found = visit.client.movies(query, FOUND)
    if not found:
        st.caption(texts.nothing_found.format(query=plain(query)))
    cards(visit, found, "found")


def recommended(visit: Visit, model: Model) -> None:
    """The user's recommendations, how they were made, and which of them the last rating brought."""
    texts = visit.texts
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.header(texts.your_list, width="stretch", anchor=False)
        genre, years = _choose_genre(visit), _choose_years(visit)
    listed = visit.client.recommendations(visit.user_id, 12, genre, years)
    if not listed.items:
        st.info(texts.all_rated if visit.ratings else texts.no_movies)
        return
    new = _new_since_rating(listed, f"{genre} {years}")
    colour = {"learned": "green", "fold_in": "blue", "popular": "orange"}[listed.policy]
    how = f":{colour}-badge[`{listed.policy}`] {_how(listed, model, texts)}"
    st.markdown(f"{how}  \n:small[{_advice(new, texts)}]")
    cards(visit, listed.items, "list", new)


def _choose_genre(visit: Visit) -> str | None:
    texts = visit.texts
    return st.selectbox(
        texts.genre,
        genres_of(visit.url),
        index=None,
        format_func=lambda genre: texts.genres.get(genre, genre),
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
    chosen = st.slider(visit.texts.years, first, last, (first, last), key="years", width=240)
    return None if chosen == (first, last) else chosen


def _how(listed: Recommendations, model: Model, texts: Texts) -> str:
    """How a list was made, in words."""
    if listed.policy == "popular" and model.policy == "popular":
        return texts.no_model if model.version is None else texts.popular_model
    words = {"learned": texts.learned, "fold_in": texts.fold_in, "popular": texts.popular}
    return words[listed.policy].format(user=plain(listed.user_id or ""))


def _new_since_rating(listed: Recommendations, filters: str) -> set[str]:
    """Movies that were not in this list before the last rating."""
    subject, ids = (listed.user_id, filters), {movie.movie_id for movie in listed.items}
    st.session_state["shown"] = subject, ids
    subject_before, ids_before = st.session_state.get("before") or (None, ids)
    return ids - ids_before if subject_before == subject else set()


def _advice(new: set[str], texts: Texts) -> str:
    if not new:
        return texts.rate_hint
    return texts.one_is_new if len(new) == 1 else texts.some_are_new.format(count=len(new))


def cards(visit: Visit, movies: Iterable[Movie], place: str, new: Collection[str] = ()) -> None:
    """One card for each movie, with similar movies behind a click.

    Args:
        visit: who looks.
        movies: what to show.
        place: name of this list, unique on the page.
        new: ids of movies to be marked as new in the list.
    """
    grid = st.container(key=f"cards-{place}")
    for number, movie in enumerate(movies):
        with grid.container(border=True, key=f"card-{place}-{number}"):
            st.html(tile(movie))
            st.html(words(visit.texts, movie, is_new=movie.movie_id in new))
            _stars(visit, movie, place)
            _similar_movies(visit, movie, place)


def words(texts: Texts, movie: Movie, *, is_new: bool = False) -> str:
    """HTML of what is written of a movie: title, year, genres, and why it is recommended."""
    year = f" ({movie.year})" if movie.year else ""
    badge = f" <em>{html.escape(texts.new)}</em>" if is_new else ""
    genres = " · ".join(texts.genres.get(genre, genre) for genre in movie.genres)
    reason = movie.reason if isinstance(movie, RankedMovie) else None
    why = f"<small>{html.escape(texts.because.format(title=display_title(reason.title)))}</small>" if reason else ""
    title = html.escape(f"{display_title(movie.title)}{year}")
    return f'<div class="movie"><b>{title}{badge}</b><small>{html.escape(genres)}</small>{why}</div>'


def _similar_movies(visit: Visit, movie: Movie, place: str) -> None:
    key = f"similar-{place}-{movie.movie_id}"
    opened = st.popover(visit.texts.similar, type="tertiary", key=key, on_change="rerun")
    if not opened.open:
        return
    with opened:
        nearest = visit.client.similar(movie.movie_id, SIMILAR)
        if nearest.policy == "popular":
            st.caption(visit.texts.no_similar)
            return
        for other in nearest.items:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.html(words(visit.texts, other))
                _stars(visit, other, f"{place}-{movie.movie_id}")


def _stars(visit: Visit, movie: Movie, place: str) -> None:
    """Stars that always show what the server knows, whatever was clicked before."""
    key = f"stars-{place}-{visit.user_id}-{movie.movie_id}"
    known = visit.stars.get(movie.movie_id)
    st.session_state[key] = None if known is None else max(math.ceil(known), 1) - 1
    st.feedback("stars", key=key, on_change=_rate, args=(visit, movie, key))


def _rate(visit: Visit, movie: Movie, key: str) -> None:
    """Store the clicked stars; a second click on the same star, which clears the widget, takes the rating back."""
    clicked: int | None = st.session_state[key]
    texts, title = visit.texts, plain(display_title(movie.title))
    try:
        if clicked is None:
            visit.client.withdraw(visit.user_id, movie.movie_id)
        else:
            visit.client.rate(Rating(user_id=visit.user_id, movie_id=movie.movie_id, rating=clicked + 1))
    except MatineeError:
        st.toast(texts.not_saved.format(title=title), icon=":material/error:", duration="long")
    else:
        st.session_state["before"] = st.session_state.get("shown")
        said = texts.taken_back if clicked is None else texts.rated
        st.toast(said.format(title=title, stars=(clicked or 0) + 1), icon=":material/star:")
