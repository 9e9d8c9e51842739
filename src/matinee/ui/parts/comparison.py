"""The same user under two versions."""

from collections.abc import Collection

import streamlit as st

from matinee.clients.schemas.recommendations import Recommendations
from matinee.clients.schemas.versions import Versions
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.visit import Visit

LENGTH = 10
"""Of the lists that are compared."""


def comparison(visit: Visit, versions: Versions) -> None:
    """Two lists side by side; nothing where there are not two versions whose lists can be asked for."""
    texts = visit.texts.operations
    there = [each.version for each in versions.versions if each.is_on_disk]
    if len(there) < 2:
        return
    st.header(texts.compare, anchor=False)
    st.caption(texts.compare_hint)
    user_id = st.text_input(texts.compare_user, visit.user_id, key="compare_user", max_chars=64, width=220).strip()
    if not user_id:
        return
    columns = st.columns(2, gap="large")
    chosen = [
        column.selectbox(
            texts.version.format(version="AB"[place]),
            there,
            index=place,
            key=f"compare-{place}",
            format_func=lambda each: texts.version.format(version=each),
        )
        for place, column in enumerate(columns)
    ]
    lists = [visit.operator.recommended_by(version, user_id, LENGTH) for version in chosen]
    for column, own, other in zip(columns, lists, reversed(lists), strict=True):
        common = {movie.movie_id for movie in other.items}
        column.markdown("\n".join([visit.texts.common.policies[own.policy], "", *_lines(own, common)]))


def _lines(listed: Recommendations, common: Collection[str]) -> list[str]:
    titles = [(movie.movie_id in common, escaped(display_title(movie.title))) for movie in listed.items]
    return [f"1. {title}" if is_common else f"1. **{title}**" for is_common, title in titles]
