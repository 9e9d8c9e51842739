"""The page follows the server: a new model shows without a reload, and so does a server that went or came back."""

import streamlit as st

from matinee.clients.schemas.model import Model
from matinee.errors import MatineeError
from matinee.ui.parts.visit import MODEL_TTL_S, model_of

Served = tuple[str | None, int | None]
"""Version and chunk that serve."""


def served_by(model: Model) -> Served:
    """What the page must show of this model."""
    return model.version, model.chunk_id


def follow(url: str, shown: Served | None) -> None:
    """Run the page again, from now on and every few seconds, whenever what serves is not what it shows.

    Args:
        url: base URL of the API server.
        shown: what the page shows; None when it shows that the API is unreachable.
    """
    # A fragment also runs with its page, where it would run a page that fails again and again without a pause.
    st.session_state["page_is_new"] = True
    _follow(url, shown)


@st.fragment(run_every=MODEL_TTL_S)
def _follow(url: str, shown: Served | None) -> None:
    if st.session_state.pop("page_is_new", False):
        return
    try:
        serving = served_by(model_of(url))
    except MatineeError:
        serving = None
    if serving != shown:
        st.rerun()
