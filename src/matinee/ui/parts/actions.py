"""Buttons that start a run of the pipeline, and the question that comes before it."""

from collections.abc import Callable
from uuid import uuid4

import streamlit as st

from matinee.clients.schemas.runs import Run
from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts.refusals import not_started
from matinee.ui.parts.visit import Visit


def actions(visit: Visit, versions: Versions, chosen: str | None, *, is_busy: bool) -> None:
    """What can be started; nothing while a run is in progress."""
    texts, back, operator = visit.texts.runs, versions.roll_back_to, visit.operator
    with st.container(horizontal=True):
        if st.button(texts.advance, type="primary", icon=":material/skip_next:", disabled=is_busy, key="advance"):
            _confirm(visit, texts.advance, texts.confirm_advance, lambda _, key: operator.advance(key), asks_why=False)
        label = texts.roll_back.format(version=back) if back else texts.nothing_to_roll_back
        if st.button(label, icon=":material/undo:", disabled=is_busy or back is None, key="roll_back"):
            _confirm(visit, label, texts.confirm_roll_back.format(version=back), operator.roll_back)
        label = texts.promote.format(version=chosen) if chosen else texts.nothing_to_promote
        is_idle = is_busy or chosen in (None, versions.production)
        if st.button(label, icon=":material/arrow_upward:", disabled=is_idle, key="promote") and chosen:
            _confirm(
                visit,
                label,
                texts.confirm_promote.format(version=chosen),
                lambda reason, key: operator.promote(chosen, reason, key),
            )
    if is_busy:
        st.caption(texts.waits)


def _confirm(
    visit: Visit, title: str, question: str, start: Callable[[str, str], Run], *, asks_why: bool = True
) -> None:
    """Ask before `start(reason, key)`; the key is of this question, so a second click on its button starts nothing."""
    texts, key = visit.texts.runs, uuid4().hex

    @st.dialog(title)
    def ask() -> None:
        st.markdown(question)
        reason = st.text_input(texts.reason, max_chars=500, key=f"why-{key}").strip() if asks_why else ""
        if st.button(texts.confirm, type="primary", key="confirm", disabled=asks_why and not reason):
            try:
                start(reason, key)
            except MatineeError as error:
                not_started(texts, title, error)
            else:
                st.rerun()

    ask()
