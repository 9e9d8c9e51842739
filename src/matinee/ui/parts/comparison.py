"""Users under two versions, side by side."""

import streamlit as st

from matinee.clients.schemas.recommendations import Recommendations
from matinee.clients.schemas.versions import Versions
from matinee.ui.parts import address
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.titles import display_title
from matinee.ui.parts.users import LONGEST
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields import Texts
from matinee.ui.texts.fields.operations import OperationsTexts

LENGTH = 10
"""Of the lists that are compared."""

MOST_USERS = 4


def comparison(visit: Visit, versions: Versions) -> None:
    """Two lists for each user; nothing where there are not two versions whose lists can be asked for."""
    texts = visit.texts.operations
    there = [each.version for each in versions.versions if each.is_on_disk]
    if len(there) < 2:
        return
    st.header(texts.compare, anchor=False)
    st.caption(texts.compare_hint)
    users = _choose_users(visit)
    left, right = (_choose_version(texts, name, there, place) for place, name in enumerate(("left", "right")))
    for user_id in users:
        _user(visit, user_id, left, right)


def _choose_users(visit: Visit) -> list[str]:
    given = address.read("users") or visit.user_id
    st.session_state["users"] = given
    st.text_input(
        visit.texts.operations.compare_users,
        key="users",
        max_chars=LONGEST * MOST_USERS,
        on_change=_keep,
        args=("users",),
    )
    named = (user.strip() for user in given.split(","))
    return [user for user in dict.fromkeys(named) if user and len(user) <= LONGEST and user.isprintable()][:MOST_USERS]


def _choose_version(texts: OperationsTexts, name: str, there: list[str], place: int) -> str:
    chosen = address.one_of(name, there) or there[place]
    st.session_state[name] = chosen
    st.selectbox(
        texts.version.format(version="AB"[place]),
        there,
        key=name,
        format_func=lambda each: texts.version.format(version=each),
        on_change=_keep,
        args=(name,),
        width=220,
    )
    return chosen


def _keep(name: str) -> None:
    address.choose(name, st.session_state[name] or None)


def _user(visit: Visit, user_id: str, left: str, right: str) -> None:
    texts = visit.texts.operations
    lists = [visit.operator.recommended_by(version, user_id, LENGTH) for version in (left, right)]
    places = [{movie.movie_id: place for place, movie in enumerate(listed.items)} for listed in lists]
    common = places[0].keys() & places[1].keys()
    st.subheader(escaped(user_id), anchor=False)
    if not visit.client.ratings(user_id, 1):
        st.caption(texts.compare_unknown.format(user=escaped(user_id)))
    st.caption(texts.in_common.format(count=len(common), total=max(map(len, places))))
    for column, version, listed, other in zip(
        st.columns(2, gap="large"), (left, right), lists, ({}, places[0]), strict=True
    ):
        title = f"{texts.version.format(version=version)} · {visit.texts.common.policies[listed.policy]}"
        column.markdown("\n".join([title, "", *_lines(visit.texts, listed, set(common), other)]))


def _lines(texts: Texts, listed: Recommendations, common: set[str], before: dict[str, int]) -> list[str]:
    """Titles by rank; with the ranks `before`, how far each moved."""
    lines = []
    for place, movie in enumerate(listed.items):
        title = escaped(display_title(movie.title))
        shown = title if movie.movie_id in common else f"**{title}**"
        lines.append(f"1. {shown}{_moved(texts, before, movie.movie_id, place)}")
    return lines


def _moved(texts: Texts, before: dict[str, int], movie_id: str, place: int) -> str:
    if not before:
        return ""
    if movie_id not in before:
        return f" :blue-badge[{texts.operations.rank_new}]"
    steps = before[movie_id] - place
    return f" :green[↑{steps}]" if steps > 0 else f" :red[↓{-steps}]" if steps < 0 else ""
