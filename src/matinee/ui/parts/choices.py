"""What somebody does with a movie besides rating it: not interested, and the watch list."""

import html
from collections.abc import Callable

import streamlit as st

from matinee.clients.schemas.events import Event
from matinee.errors import MatineeError
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.rating import LastRating, note
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit


def choices(visit: Visit, movie_id: str, title: str, place: str) -> None:
    """Two buttons below a movie; `page.js` names them after it."""
    is_listed = movie_id in visit.watch_list
    icon = ":material/bookmark_added:" if is_listed else ":material/bookmark_add:"
    key = f"{'unlist' if is_listed else 'list'}-{place}-{movie_id}"
    st.button("", key, icon=icon, type="tertiary", on_click=_list, args=(visit, movie_id, title, not is_listed))
    key, icon = f"hide-{place}-{movie_id}", ":material/visibility_off:"
    st.button("", key, icon=icon, type="tertiary", on_click=_hide, args=(visit, movie_id, title))


def own_lists(visit: Visit) -> None:
    """The watch list, and what is hidden, each with a button that takes a movie off; nothing where both are empty."""
    texts = visit.texts.for_you
    listed = [(each.movie_id, each.title) for each in visit.client.watch_list(visit.user_id).items]
    kinds = ("dislike", "not_interested")
    hidden = [(each.movie_id, each.title) for each in visit.client.known_events(visit.user_id) if each.event in kinds]
    _list_of(visit, "watchlist", texts.watch_list, listed, texts.take_off, _list)
    _list_of(visit, "hidden", texts.hidden, hidden, texts.show_again, _show_again)


def _list_of(
    visit: Visit,
    key: str,
    heading: str,
    movies: list[tuple[str, str | None]],
    label: str,
    take_off: Callable[[Visit, str, str, bool], None],
) -> None:
    if not movies:
        return
    st.header(heading, anchor=False)
    for number, (movie_id, title) in enumerate(movies):
        shown = title or movie_id
        with st.container(key=f"own-{key}-{number}", horizontal=True, vertical_alignment="center"):
            st.html(f'<div class="movie"><h3>{html.escape(display_title(shown))}</h3></div>')
            st.button(label, key=f"off-{key}-{movie_id}", on_click=take_off, args=(visit, movie_id, shown, False))


def _hide(visit: Visit, movie_id: str, title: str) -> None:
    event = Event(user_id=visit.user_id, movie_id=movie_id, event="not_interested")
    if _done(visit, title, lambda: visit.client.send_events(event)):
        note(LastRating(visit.user_id, movie_id, display_title(title), None, visit.stars.get(movie_id), is_hidden=True))


def _show_again(visit: Visit, movie_id: str, title: str, _: bool) -> None:  # noqa: FBT001  as a button calls it
    _done(visit, title, lambda: visit.client.withdraw(visit.user_id, movie_id))


def _list(visit: Visit, movie_id: str, title: str, is_listed: bool) -> None:  # noqa: FBT001  as a button calls it
    change = visit.client.put_on_watch_list if is_listed else visit.client.take_off_watch_list
    if _done(visit, title, lambda: change(visit.user_id, movie_id)):
        texts = visit.texts.movies
        text = texts.listed if is_listed else texts.unlisted
        st.toast(text.format(title=escaped(display_title(title))), icon=":material/bookmark:")


def _done(visit: Visit, title: str, change: Callable[[], object]) -> bool:
    """Whether a change was made; if not, it is told."""
    try:
        change()
    except MatineeError:
        text = visit.texts.movies.not_changed.format(title=escaped(display_title(title)))
        st.toast(text, icon=":material/error:", duration="long")
        return False
    return True
