"""What a visitor chooses and the page's address keeps: the language and the user."""

import secrets

import streamlit as st

from matinee.ui.texts import LANGUAGE_NAMES, LANGUAGES, Texts, language_of

FIRST_USER = "1"
"""Whom a first visit shows: a user of every MovieLens data set, so that there is something to see."""


def choose_language() -> Texts:
    """Language of the address, else of the browser."""
    asked = st.query_params.get("lang", "")
    st.session_state.setdefault("lang", asked if asked in LANGUAGES else language_of(st.context.locale))
    texts = LANGUAGES[st.session_state["lang"]]
    st.segmented_control(
        texts.language,
        list(LANGUAGES),
        format_func=LANGUAGE_NAMES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
        on_change=_keep_language,
    )
    return texts


def _keep_language() -> None:
    st.query_params["lang"] = st.session_state["lang"]


def choose_user(texts: Texts) -> str:
    """Id of the user of the address, else of the first one; empty when the field is."""
    user_id: str = st.query_params.get("user", FIRST_USER)
    # The address is the only memory: a field that Session State fills is sometimes shown empty after a reload.
    key = f"user-{user_id}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            texts.user, user_id, key=key, max_chars=64, help=texts.user_help, width=260, on_change=_become, args=(key,)
        )
        st.button(texts.new_user, icon=":material/person_add:", on_click=_become_new)
    return user_id


def _become(key: str) -> None:
    st.query_params["user"] = st.session_state[key].strip()


def _become_new() -> None:
    st.query_params["user"] = f"guest-{secrets.token_hex(3)}"
