"""Page "For you": who looks, the recommendations with stars to rate in place, search, and the own ratings."""

import streamlit as st

from matinee.ui.parts.choices import own_lists
from matinee.ui.parts.own_history import own_history
from matinee.ui.parts.own_ratings import own_ratings
from matinee.ui.parts.rating import last_rating
from matinee.ui.parts.recommended import recommended
from matinee.ui.parts.search import search
from matinee.ui.parts.users import choose_user
from matinee.ui.parts.visit import Visit, model_of


def show(visit: Visit) -> bool:
    """Show the page; always all of it."""
    texts = visit.texts.for_you
    st.caption(texts.tagline)
    choose_user(texts, visit.client, visit.user_id)
    if not visit.user_id:
        st.info(texts.no_user)
        return True
    movies, own = st.tabs([visit.texts.movies.your_list, texts.your_ratings], key="lists", on_change="rerun")
    if own.open:
        with own:
            own_ratings(visit)
            own_history(visit)
            own_lists(visit)
    else:
        with movies:
            search(visit)
            recommended(visit, model_of(visit.url))
    last_rating(visit)
    return True
