"""The language of the page: in the address, and kept by the browser over visits."""

import streamlit as st

from matinee.ui.texts.fields import Texts
from matinee.ui.texts.languages import LANGUAGE_NAMES, LANGUAGES, language_of

COOKIE = "matinee_lang"


def language() -> Texts:
    """Language of the address, else the one chosen in an earlier visit, else the browser's."""
    if "lang" not in st.session_state:
        asked = [st.query_params.get("lang", ""), st.context.cookies.get(COOKIE, "")]
        known = [code for code in asked if code in LANGUAGES]
        st.session_state["lang"] = known[0] if known else language_of(st.context.locale)
    return LANGUAGES[st.session_state["lang"]]


def choose_language(texts: Texts) -> None:
    """The switch; what was chosen stays in the address."""
    st.segmented_control(
        texts.common.language,
        list(LANGUAGES),
        format_func=LANGUAGE_NAMES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
        on_change=_choose_language,
    )
    if chosen := st.session_state.get("chosen_lang"):
        # Going to another page empties the address.
        st.query_params["lang"] = chosen


def language_to_keep() -> str:
    """The cookie's value, with its age; empty while nobody has chosen."""
    chosen = st.session_state.get("chosen_lang")
    return f"{chosen};max-age=31536000" if chosen else ""


def _choose_language() -> None:
    st.session_state["chosen_lang"] = st.session_state["lang"]
