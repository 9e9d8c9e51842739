"""The page that people see: `streamlit run page.py`.

A run of this script asks the API for what it shows and keeps nothing but the choices of the visitor, so the list is
always the one of this moment: rating a movie runs the script again, and the next list counts it.
"""

import streamlit as st

from matinee.errors import DependencyUnreachable, MatineeError
from matinee.settings import Settings, load_settings
from matinee.ui.choices import choose_language, choose_user
from matinee.ui.follow import Pulse, follow, pulse_of
from matinee.ui.movies import for_you, search
from matinee.ui.panels import own_ratings, serving_model
from matinee.ui.texts import Texts
from matinee.ui.titles import plain
from matinee.ui.visit import Visit, model_of

# Streamlit leaves a sixth of a laptop's screen empty above the title, for a toolbar that this page hardly has.
STYLE = "<style>.stMainBlockContainer { padding-top: 3rem; }</style>"


def main() -> None:
    """Show the page."""
    st.set_page_config(page_title="matinee", page_icon=":material/theaters:", layout="wide")
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.title("matinee", width="stretch")
        texts = choose_language()
    st.caption(texts.tagline)
    try:
        _show(texts, load_settings())
    except DependencyUnreachable:
        st.error(texts.unreachable, icon=":material/cloud_off:")
        st.button(texts.try_again)
    except MatineeError as error:
        st.warning(texts.refused.format(reason=plain(str(error))), icon=":material/error:")


def _show(texts: Texts, settings: Settings) -> None:
    """Everything below the title; runs again by itself when another model serves or the API comes back."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        visit = Visit(settings.api, texts, choose_user(texts))
    shown: Pulse | None = None
    try:
        model = model_of(visit.url)
        if visit.user_id:
            with left:
                search(visit)
                for_you(visit, model)
            with right:
                own_ratings(visit)
        else:
            left.info(texts.no_user)
        with right:
            serving_model(model, texts, settings)
        shown = pulse_of(model)
    except DependencyUnreachable:
        model_of.clear(visit.url)
        raise
    finally:
        follow(visit.url, shown)


if __name__ == "__main__":
    main()
