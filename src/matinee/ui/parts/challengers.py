"""Challengers beside the champion, and the button that ends a hold."""

import streamlit as st

from matinee.clients.schemas.comparisons import Challenger
from matinee.clients.schemas.versions import Versions
from matinee.ui.parts.actions import ask_to_resume
from matinee.ui.parts.markdown import escaped
from matinee.ui.parts.visit import Visit
from matinee.ui.texts.fields.comparisons import ComparisonTexts


def hold(visit: Visit, versions: Versions, *, is_busy: bool) -> None:
    """That production is held after a rollback, and the way out; nothing when it is not."""
    texts = visit.texts.comparisons
    if versions.is_held:
        st.info(texts.held.format(version=escaped(versions.production or "")), icon=":material/lock:")
        if st.button(texts.resume, icon=":material/lock_open:", key="resume", disabled=is_busy):
            ask_to_resume(visit)


def challengers(visit: Visit) -> None:
    """A row for each challenger: how much better, how sure, how many people, what it costs, and how long yet."""
    texts, found = visit.texts.comparisons, visit.operator.challengers()
    st.header(texts.title, anchor=False)
    if not found.challengers:
        st.caption(texts.nothing)
        return
    st.caption(texts.hint.format(champion=escaped((found.champion or "").partition(" ")[0])))
    st.table([_row(texts, each) for each in found.challengers])


def _row(texts: ComparisonTexts, challenger: Challenger) -> dict[str, object]:
    return {
        texts.name: escaped(challenger.name),
        texts.difference: _percent(challenger.difference),
        texts.interval: f"{_percent(challenger.low)} … {_percent(challenger.high)}",
        texts.users: f"{challenger.n_users:,}",
        texts.seconds: "–" if challenger.seconds is None else f"{challenger.seconds:.0f} s",
        texts.state: texts.states.get(challenger.state, escaped(challenger.state)),
        texts.days_needed: "–" if challenger.days_needed is None else f"{challenger.days_needed:.0f}",
    }


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:+.1%}"
