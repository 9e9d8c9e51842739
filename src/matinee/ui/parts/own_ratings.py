"""The user's own ratings, beside the movies."""

import math
from collections.abc import Sequence

import streamlit as st

from matinee.clients.schemas.ratings import KnownRating
from matinee.ui.parts.dates import day, local
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields.for_you import ForYouTexts

NEWEST = 8
"""Own ratings that are shown without a click."""


def own_ratings(visit: Visit) -> None:
    """The user's ratings, newest first."""
    texts, ratings = visit.texts.for_you, visit.ratings
    with st.container(border=True):
        st.header(texts.your_ratings, anchor=False)
        if not ratings:
            st.caption(texts.no_ratings)
            return
        st.markdown(_lines(ratings[:NEWEST], texts))
        if older := ratings[NEWEST:]:
            label = texts.more_ratings.format(count=len(older))
            opened = st.expander(label, type="compact", key="older", on_change="rerun")
            if opened.open:
                opened.markdown(_lines(older, texts))


def _lines(ratings: Sequence[KnownRating], texts: ForYouTexts) -> str:
    """All in one piece of Markdown: hundreds of ratings stay one element of the page."""
    return "\n".join(f"- {_line(known, texts)}" for known in ratings)


def _line(known: KnownRating, texts: ForYouTexts) -> str:
    title = escaped(display_title(known.title or known.movie_id))
    note = f" :blue-badge[{texts.not_learned}]" if known.source == "live" else ""
    return f"{title} :orange[{stars_text(known.rating)}] :small[:gray[{day(local(known.rated_at))}]]{note}"


def stars_text(rating: float) -> str:
    """Stars as text: 3.5 is ★★★½."""
    return "★" * math.floor(rating) + ("½" if rating % 1 else "")
