"""What is in production, in a few figures."""

import streamlit as st

from matinee.clients.schemas.versions import Versions
from matinee.ui.parts.dates import last_day, local
from matinee.ui.parts.visit import Visit

OWN = "ndcg_at_10"
"""The metric of the version itself; those of its baselines have a name before it."""


def production(visit: Visit, versions: Versions) -> None:
    """Version, since when, on which data, and how good it was when it was judged."""
    texts, now = visit.texts.operations, versions.in_production
    with st.container(horizontal=True, border=True):
        name = texts.version.format(version=now.version) if now else texts.nothing
        st.metric(texts.in_production, name, width="content")
        if now is None:
            return
        since = [served.since for served in now.served if served.until is None]
        st.metric(texts.since, f"{local(since[-1]):%m-%d %H:%M}" if since else "–", width="content")
        through = f"{last_day(now.data_through):%Y-%m-%d}" if now.data_through else "–"
        st.metric(texts.through, through, width="content")
        own, popularity = now.metrics.get(OWN), now.metrics.get(f"popularity_{OWN}")
        if own is not None:
            beside = None if popularity is None else texts.popularity.format(value=popularity)
            st.metric(texts.quality, f"{own:.3f}", beside, delta_color="off", delta_arrow="off", width="content")
