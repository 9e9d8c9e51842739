"""The language of the page: in the address of every page, and kept by the browser over visits."""

import streamlit as st

from matinee.ui.parts import address
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.languages import LANGUAGE_NAMES, LANGUAGES, language_of

COOKIE = "matinee_lang"


def code() -> str:
    """Code of the language: of the address, else of this visit, of an earlier one, of the browser."""
    asked = (address.read("lang"), st.session_state.get("language", ""), st.context.cookies.get(COOKIE, ""))
    return next((each for each in asked if each in LANGUAGES), language_of(st.context.locale))


def language() -> Texts:
    """The texts in the language of the page, which from now on is in the address."""
    chosen = code()
    st.session_state["language"] = chosen
    address.write("lang", chosen)
    return LANGUAGES[chosen]


def choose_language(texts: Texts) -> None:
    """The switch, which always shows the language of the page."""
    st.session_state["lang"] = code()
    st.segmented_control(
        texts.common.language,
        list(LANGUAGES),
        format_func=LANGUAGE_NAMES.__getitem__,
        key="lang",
        required=True,
        label_visibility="collapsed",
        on_change=_choose_language,
    )


def language_to_keep() -> str:
    """The cookie's value, with its age; empty while nobody has chosen."""
    chosen = st.session_state.get("chosen_lang")
    return f"{chosen};max-age=31536000" if chosen else ""


def _choose_language() -> None:
    if (chosen := st.session_state["lang"]) in LANGUAGES:
        st.session_state["chosen_lang"] = chosen
        address.choose("lang", chosen)
