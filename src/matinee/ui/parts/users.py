"""Whose page it is: in the address, over pages and reloads."""

import secrets
from urllib.parse import quote, unquote

import streamlit as st

from matinee.clients.api import Client
from matinee.ui.parts import address
from matinee.ui.parts.markdown import escaped
from matinee.ui.texts.fields.for_you import ForYouTexts

COOKIE = "matinee_user"
"""Whose page it is when an address without a user is typed; forgotten when the browser is closed."""

LONGEST = 64
"""Characters of an id."""

FOUND = 6
"""Users that a search shows."""


def current_user() -> str:
    """Id of the user of the address, else of this visit, of an earlier one, else of a guest who has rated nothing.

    From now on it is in the address. Empty when somebody has emptied the field.
    """
    kept = unquote(st.context.cookies.get(COOKIE, ""))
    asked = (st.query_params.get("user"), st.session_state.get("user"), kept or None)
    user_id = next((each for each in asked if each is not None and _is_id(each)), None)
    user_id = _new_id() if user_id is None else user_id
    st.session_state["user"] = user_id
    address.write("user", user_id)
    return user_id


def _is_id(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable() and text == text.strip()


def user_to_keep() -> str:
    """The cookie's value, in which no character means anything to HTML or JavaScript; empty for nobody."""
    return quote(current_user(), safe="")


def choose_user(texts: ForYouTexts, client: Client, user_id: str) -> None:
    """A field for an id, users whose id begins with what is typed, and a button for somebody new."""
    # The address is the only memory: a field that Session State fills is sometimes shown empty after a reload.
    key = f"user-{user_id}"
    with st.container(key="who", horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            texts.user,
            user_id,
            key=key,
            max_chars=LONGEST,
            help=texts.user_help,
            width=220,
            on_change=_become,
            args=(key,),
        )
        finding = st.popover(texts.find_user, icon=":material/person_search:", key="finding", on_change="rerun")
        if finding.open:
            with finding:
                _find_user(texts, client)
        st.button(texts.new_user, icon=":material/person_add:", on_click=become_new)


def _find_user(texts: ForYouTexts, client: Client) -> None:
    beginning = st.text_input(
        texts.find_user_label, key="find_user", type="search", max_chars=LONGEST, live=True
    ).strip()
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
    address.choose("user", user_id)


def become_new() -> None:
    """From now on the page is that of somebody who has rated nothing."""
    become(_new_id())


def _new_id() -> str:
    return f"guest-{secrets.token_hex(3)}"
