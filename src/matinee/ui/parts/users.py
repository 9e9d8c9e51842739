"""Whose page it is: in the address, over pages and reloads."""

import secrets
from urllib.parse import quote, unquote

import streamlit as st

from matinee.clients.api import Client
from matinee.ui.parts.markdown import escaped
from matinee.ui.texts.fields.for_you import ForYouTexts

FIRST_USER = "1"
"""Whom a first visit shows: a user of every MovieLens data set, so that there is something to see."""

COOKIE = "matinee_user"
"""Whose page it is when an address without a user is typed; forgotten when the browser is closed."""

FOUND = 6
"""Users that a search shows."""


def current_user() -> str:
    """Id of the user of the address, else of this visit, the visit before, the first; empty when the field is."""
    before = unquote(st.context.cookies.get(COOKIE, "")) or FIRST_USER
    user_id: str = st.query_params.get("user", st.session_state.get("user", before))
    if st.session_state.get("user", FIRST_USER) != user_id:
        st.session_state["user"] = user_id
    if "user" in st.session_state:
        st.query_params["user"] = user_id
    return user_id


def user_to_keep() -> str:
    """The cookie's value: whom somebody chose to be; empty for nobody."""
    current_user()
    return quote(st.session_state.get("user", ""), safe="")


def choose_user(texts: ForYouTexts, client: Client, user_id: str) -> None:
    """A field for an id, users whose id begins with what is typed, and a button for somebody new."""
    # The address is the only memory: a field that Session State fills is sometimes shown empty after a reload.
    key = f"user-{user_id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            texts.user, user_id, key=key, max_chars=64, help=texts.user_help, width=220, on_change=_become, args=(key,)
        )
        finding = st.popover(texts.find_user, icon=":material/person_search:", key="finding", on_change="rerun")
        if finding.open:
            with finding:
                _find_user(texts, client)
        st.button(texts.new_user, icon=":material/person_add:", on_click=become_new)


def _find_user(texts: ForYouTexts, client: Client) -> None:
    beginning = st.text_input(texts.find_user_label, key="find_user", type="search", max_chars=64, live=True).strip()
    found = client.users(beginning, FOUND)
    if not found:
        st.caption(texts.no_user_found.format(query=escaped(beginning)))
    for user in found:
        label = texts.found_user.format(user=escaped(user.user_id), count=user.n_ratings)
        st.button(label, key=f"be-{user.user_id}", width="stretch", on_click=become, args=(user.user_id,))


def _become(key: str) -> None:
    become(st.session_state[key].strip())


def become(user_id: str) -> None:
    """From now on the page is this user's."""
    st.session_state["user"] = user_id
    st.query_params["user"] = user_id


def become_new() -> None:
    """From now on the page is that of somebody who has rated nothing."""
    become(f"guest-{secrets.token_hex(3)}")
