"""Challengers beside the champion, and the button that ends a hold."""

from collections.abc import Iterator, Mapping

import streamlit as st

from matinee.clients.schemas.comparisons import Challenger, Difference
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
    """A table of challengers: how much better, how sure, how many people, what it costs, and how long yet."""
    texts, found = visit.texts.comparisons, visit.operator.challengers()
    st.header(texts.title, anchor=False)
    if not found.challengers:
        st.caption(texts.nothing)
        return
    st.caption(texts.hint.format(champion=escaped((found.champion or "").partition(" ")[0])))
    st.table([row for each in found.challengers for row in _rows(texts, each)])


def _rows(texts: ComparisonTexts, challenger: Challenger) -> Iterator[Mapping[str, str]]:
    """A row for all users, with what it costs and how it stands, and one for each segment."""
    yield _row(texts, challenger, texts.everybody, challenger) | {
        texts.seconds: "–" if challenger.seconds is None else f"{challenger.seconds:.0f} s",
        texts.state: texts.states.get(challenger.state, escaped(challenger.state)),
        texts.days_needed: _days_needed(texts, challenger),
    }
    for name, found in challenger.segments.items():
        group = texts.segments.get(name, escaped(name))
        yield _row(texts, challenger, group, found) | dict.fromkeys((texts.seconds, texts.state, texts.days_needed), "")


def _row(texts: ComparisonTexts, challenger: Challenger, group: str, found: Difference) -> dict[str, str]:
    return {
        texts.name: escaped(challenger.name),
        texts.group: group,
        texts.difference: "–" if found.difference is None else f"{found.difference:+.1%}",
        texts.interval: interval(found),
        texts.users: f"{found.n_users:,}",
    }


def _days_needed(texts: ComparisonTexts, challenger: Challenger) -> str:
    if challenger.state in ("won", "proposed") or challenger.difference is None:
        return "–"
    days = challenger.days_needed
    return texts.no_end if days is None else texts.about.format(days=days)


def interval(found: Difference) -> str:
    """Its bounds as people read them."""
    return "–" if found.low is None or found.high is None else f"{found.low:+.1%} … {found.high:+.1%}"
