"""Buttons that start a run of the pipeline, and the question that comes before it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import streamlit as st

from matinee.clients.schemas.runs import Run
from matinee.clients.schemas.versions import Versions
from matinee.errors import MatineeError
from matinee.ui.parts.refusals import not_started
from matinee.ui.parts.visit import Visit


@dataclass(frozen=True)
class Confirmation:
    """What is asked before something starts."""

    title: str
    text: str
    button: str
    asks_why: bool = True


def actions(visit: Visit, versions: Versions, chosen: str | None, *, is_busy: bool) -> None:
    """What can be started; nothing while a run is in progress."""
    texts, back = visit.texts.runs, versions.roll_back_to
    with st.container(horizontal=True):
        if st.button(texts.advance, type="primary", icon=":material/skip_next:", disabled=is_busy, key="advance"):
            ask_to_advance(visit)
        label = texts.roll_back.format(version=back) if back else texts.nothing_to_roll_back
        if st.button(label, icon=":material/undo:", disabled=is_busy or back is None, key="roll_back") and back:
            ask_to_roll_back(visit, back)
        label = texts.promote.format(version=chosen) if chosen else texts.nothing_to_promote
        is_idle = is_busy or chosen in (None, versions.production)
        if st.button(label, icon=":material/arrow_upward:", disabled=is_idle, key="promote") and chosen:
            ask_to_promote(visit, chosen)
    if is_busy:
        st.caption(texts.waits)


def ask_to_advance(visit: Visit) -> None:
    """Ask before the next day is taken."""
    texts = visit.texts.runs
    asked = Confirmation(texts.advance, texts.confirm_advance, texts.do_advance, asks_why=False)
    _confirm(visit, asked, lambda _, key: visit.operator.advance(key))


def ask_to_roll_back(visit: Visit, version: str) -> None:
    """Ask for the reason of a rollback to the `version` that served before."""
    texts = visit.texts.runs
    title, text = texts.roll_back.format(version=version), texts.confirm_roll_back.format(version=version)
    asked = Confirmation(title, text, texts.do_roll_back.format(version=version))
    _confirm(visit, asked, visit.operator.roll_back)


def ask_to_promote(visit: Visit, version: str) -> None:
    """Ask for the reason why any `version` shall go into production."""
    texts = visit.texts.runs
    title, text = texts.promote.format(version=version), texts.confirm_promote.format(version=version)
    asked = Confirmation(title, text, texts.do_promote.format(version=version))
    _confirm(visit, asked, lambda reason, key: visit.operator.promote(version, reason, key))


def ask_to_resume(visit: Visit) -> None:
    """Ask for the reason why a hold ends."""
    texts = visit.texts.comparisons
    _confirm(visit, Confirmation(texts.resume, texts.confirm_resume, texts.do_resume), visit.operator.resume)


def _confirm(visit: Visit, asked: Confirmation, start: Callable[[str, str], Run]) -> None:
    """Ask before `start(reason, key)`; the key is of this question, so a second click on its button starts nothing."""
    texts, key = visit.texts.runs, uuid4().hex

    @st.dialog(asked.title)
    def ask() -> None:
        st.markdown(asked.text)
        reason = ""
        if asked.asks_why:
            reason = st.text_input(texts.reason, max_chars=500, key=f"why-{key}", live=True).strip()
        if st.button(asked.button, type="primary", key="confirm", disabled=asked.asks_why and not reason):
            try:
                start(reason, key)
            except MatineeError as error:
                not_started(texts, asked.title, error)
            else:
                st.rerun()

    ask()
