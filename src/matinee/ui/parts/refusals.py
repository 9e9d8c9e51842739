"""What the page says when something cannot be done: what it was, why, and what to do, in the reader's language."""

import streamlit as st

from matinee.errors import MatineeError
from matinee.ui.parts.titles import plain
from matinee.ui.texts.operations import OperationsTexts


def not_started(words: OperationsTexts, action: str, error: MatineeError) -> None:
    """Say that an action was refused; the server's own words, which name addresses, stand below.

    Args:
        words: the language.
        action: as its button names it.
        error: made of the server's problem document.
    """
    st.warning(f"{words.not_started.format(action=plain(action))} {why(words, error)}", icon=":material/block:")
    if error.code in words.refusals:
        st.caption(words.server_said.format(reason=plain(str(error))))


def why(words: OperationsTexts, error: MatineeError) -> str:
    """Why, and what to do: for a problem that is known in the reader's language, else in the server's words."""
    return words.refusals.get(error.code) or words.server_said.format(reason=plain(str(error)))
