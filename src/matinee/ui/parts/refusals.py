"""What the page says when something cannot be done: what it was, why, and what to do, in the reader's language."""

import streamlit as st

from matinee.errors import MatineeError
from matinee.ui.parts.markdown import escaped
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.runs import RunTexts


def refused(texts: Texts, error: MatineeError) -> None:
    """Say that the server refused what a page asked of it; its own words, in English, stand behind a click."""
    st.warning(texts.common.refused, icon=":material/error:")
    with st.expander(texts.common.details):
        st.markdown(escaped(str(error)))


def not_started(texts: RunTexts, action: str, error: MatineeError) -> None:
    """Say that an action was refused; the server's own words, which name addresses, stand below.

    Args:
        texts: the language.
        action: as its button names it.
        error: made of the server's problem document.
    """
    st.warning(f"{texts.not_started.format(action=escaped(action))} {why(texts, error)}", icon=":material/block:")
    if error.code in texts.refusals:
        st.caption(texts.server_said.format(reason=escaped(str(error))))


def why(texts: RunTexts, error: MatineeError) -> str:
    """Why, and what to do: for a problem that is known in the reader's language, else in the server's words."""
    return texts.refusals.get(error.code) or texts.server_said.format(reason=escaped(str(error)))
